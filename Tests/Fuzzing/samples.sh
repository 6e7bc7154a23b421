#!/bin/sh
# samples.sh TARGET: the sample files, of 300 KiB at most, that a container or a reader can read.
set -eu
case $1 in
zip) pattern='*.npz *.keras *.pt' ;;
pickle) pattern='*.pth *.pkl' ;;
json | shard-index) pattern='*.json' ;;
npy) pattern='*.npy' ;;
*) # those that the manifest lists for the format
  sed -n 's/^   "path": "\(.*\)",$/\1/p; s/^   "format": "\(.*\)",$/ \1/p' SampleModels/manifest.json |
    awk -v format=" $1" '$0 == format { print "SampleModels/" path } { path = $0 }' |
    while read -r path; do find "$path" -type f -size -300k; done | sort
  exit ;;
esac
set -f # the patterns are for find
for name in $pattern; do find SampleModels -name "$name" -size -300k; done | sort
