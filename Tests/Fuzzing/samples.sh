#!/bin/sh
# samples.sh TARGET: the sample files, of 300 KiB at most, that a reader or a container can read.
set -eu
case $1 in
safetensors) pattern='*.safetensors' ;;
pytorch) pattern='*.pt *.pth *.pt2 *.ptl *.pkl *.distcp' ;;
keras) pattern='*.keras *.h5' ;;
onnx) pattern='*.onnx' ;;
gguf) pattern='*.gguf' ;;
numpy) pattern='*.npy *.npz' ;;
dump) pattern='graph.json' ;;
zip) pattern='*.npz *.keras *.pt' ;;
pickle) pattern='*.pth *.pkl' ;;
json | shard-index) pattern='*.json' ;;
npy) pattern='*.npy' ;;
*) pattern='' ;;
esac
set -f # the patterns are for find
for name in $pattern; do find SampleModels -name "$name" -size -300k; done | sort
