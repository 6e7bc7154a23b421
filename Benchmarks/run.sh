#!/usr/bin/env bash
# Measures whole processes: median wall time of 7 runs after a warm-up, and peak memory.
# Usage: Benchmarks/run.sh PATH-TO-HEAVYTAIL
set -euo pipefail
tool=$1
cd "$(dirname "$0")/.."
runs=7

milliseconds() {
  local start end
  start=$(date +%s%N)
  "$@" >/dev/null 2>&1 || true
  end=$(date +%s%N)
  echo $(((end - start) / 10000))
}

median() {
  "$@" >/dev/null 2>&1 || true
  for _ in $(seq "$runs"); do milliseconds "$@"; done | sort -n | sed -n "$(((runs + 1) / 2))p" |
    awk '{ printf "%.2f", $1 / 100 }'
}

peak() {
  if [ -x /usr/bin/time ]; then
    /usr/bin/time -f '%M' "$@" 2>&1 >/dev/null | tail -n 1 | awk '{ printf "%.1f", $1 / 1024 }'
  else
    printf -- '-'
  fi
}

row() {
  local label=$1
  shift
  printf '%-52s %12s %12s\n' "$label" "$(median "$@")" "$(peak "$@")"
}

printf '%-52s %12s %12s\n' "command" "median ms" "peak MiB"
row "start-up (--version)" "$tool" --version
for sample in LeNet5/lenet5.safetensors LeNet5/lenet5.pt LeNet5/lenet5.h5 LeNet5/lenet5.onnx LeNet5/lenet5.npz; do
  row "inspect $sample" "$tool" inspect "SampleModels/$sample"
  row "analyze $sample" "$tool" analyze "SampleModels/$sample"
done
row "analyze LeNet5Large" "$tool" analyze SampleModels/LeNet5Large
row "analyze MLP3 (two models)" "$tool" analyze SampleModels/MLP3

if command -v python3 >/dev/null; then
  large=$(mktemp -d)
  trap 'rm -rf "$large"' EXIT
  python3 Benchmarks/make_large_models.py "$large"
  for model in inline-1gib.onnx external-2gib.onnx sharded-20gib; do
    row "inspect $model" "$tool" inspect "$large/$model"
  done
fi

if python3 -c 'import weightwatcher' 2>/dev/null; then
  row "WeightWatcher, LeNet5Large" python3 Benchmarks/peer.py SampleModels/LeNet5Large
else
  echo "WeightWatcher is not installed: no comparison (pip install weightwatcher)"
fi
