#!/bin/sh
# fuzz.sh TARGET SECONDS: fuzzes one target, seeded with the sample files that it can read.
set -eu
target=$1
seconds=$2
work=.build/fuzz/$target
rm -rf "$work/seeds"
mkdir -p "$work/seeds" "$work/corpus" "$work/found"
number=0
for file in $(Tests/Fuzzing/samples.sh "$target"); do
  number=$((number + 1))
  cp "$file" "$work/seeds/$number"
done

SWIFT_BACKTRACE=enable=no FUZZ_TARGET=$target FUZZ_HDF5_WORKER="$PWD/.build/release/heavytail-hdf5" \
  .build/fuzz/release/fuzz -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=65536 \
  -artifact_prefix="$work/found/" -print_final_stats=1 "$work/corpus" "$work/seeds" >"$work/log" 2>&1 || {
  echo "$target: FAILED, see $work/log and $work/found"
  exit 1
}
echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log") inputs, nothing found"
