#!/bin/sh
# Regenerates the C code from onnx_skeleton.proto. Needs protoc-c (Debian: protobuf-c-compiler).
set -eu
cd "$(dirname "$0")"
protoc-c --c_out=. onnx_skeleton.proto
mkdir -p include
mv onnx_skeleton.pb-c.h include/
