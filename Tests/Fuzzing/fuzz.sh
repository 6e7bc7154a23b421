#!/bin/sh
# fuzz.sh TARGET SECONDS: fuzzes one target, seeded with the sample files that it can read.
set -eu
target=$1
seconds=$2
work=.build/fuzz/$target
mkdir -p "$work/seeds" "$work/corpus" "$work/found"

case $target in
safetensors) pattern='*.safetensors' ;;
pytorch) pattern='*.pt *.pth *.pt2 *.ptl *.pkl' ;;
keras) pattern='*.keras *.h5' ;;
onnx) pattern='*.onnx' ;;
numpy) pattern='*.npy *.npz' ;;
zip) pattern='*.npz *.keras *.pt' ;;
pickle) pattern='*.pth *.pkl' ;;
json | shard-index) pattern='*.json' ;;
npy) pattern='*.npy' ;;
*) pattern='' ;;
esac
for glob in $pattern; do
  find SampleModels -name "$glob" -size -64k -exec cp {} "$work/seeds/" \;
done

SWIFT_BACKTRACE=enable=no FUZZ_TARGET=$target FUZZ_HDF5_WORKER="$PWD/.build/release/heavytail" \
  .build/fuzz/release/fuzz -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=65536 \
  -artifact_prefix="$work/found/" -print_final_stats=1 "$work/corpus" "$work/seeds" >"$work/log" 2>&1 || {
  echo "$target: FAILED, see $work/log and $work/found"
  exit 1
}
echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log") inputs, nothing found"
