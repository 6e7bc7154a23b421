#!/bin/sh
# archive.sh FOLDER: writes FOLDER/hdf5.pc, by which pkg-config names libhdf5's archive instead of its shared library.
#
# The shared library has thirty others loaded, libcurl and Kerberos among them, before it reads the first byte: that
# takes longer than most files. Of an archive only what is used is linked. Where that fails, since there is no archive or
# it needs more than is named here, nothing is written, and the shared library is used.
set -eu
folder=$1
here=$(dirname "$0")
archives="$(pkg-config --libs-only-L hdf5) -l:libhdf5.a -l:libsz.a -l:libaec.a -lz -lm -ldl"
mkdir -p "$folder"
rm -f "$folder/hdf5.pc"
cat >"$folder/trial.c" <<'END'
#include "shim.h"
int main(void) { return H5open() + (int)CHDF5_openImage("", 0) + H5Dread(0, 0, 0, 0, 0, 0) + H5Aread(0, 0, 0); }
END
compiler=$(command -v clang || command -v cc) || exit 0
# Flags are several words.
# shellcheck disable=SC2046,SC2086
if "$compiler" "$folder/trial.c" -o "$folder/trial" -I "$here" $(pkg-config --cflags hdf5) $archives 2>"$folder/log"; then
  cat >"$folder/hdf5.pc" <<END
Name: HDF5
Description: libhdf5 as an archive
Version: $(pkg-config --modversion hdf5)
Cflags: $(pkg-config --cflags hdf5)
Libs: $archives
END
fi
