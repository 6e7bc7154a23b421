#!/bin/sh
# Writes the samples of foo byte by byte, in octal.
set -eu
cd "$(dirname "$0")/.."
mkdir -p Foo/Bad
one='\0\0\200\77' half='\0\0\0\77' # 1.0 and 0.5 as floats, little endian
printf "FOO1\2\0\0\0\3\0\0\0$one$half$one$half$one$half" >Foo/matrix.foo
printf "FOO1\1\0\0\0\2\0\0\0$half$one" >Foo/row.foo
printf "FOO1\2\0\0\0\3\0\0\0$one" >Foo/Bad/truncated.foo
printf "FOO1\1\0\0\0\1\0\0\0$one$half" >Foo/Bad/too-long.foo
printf "FOO1\377\377\377\377\377\377\377\377$one" >Foo/Bad/far-too-large.foo
