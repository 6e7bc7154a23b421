#ifndef CLAPACKE_SHIM_H
#define CLAPACKE_SHIM_H

// Swift cannot import C's `_Complex` by value. Structs of the same layout keep
// <complex.h>, and its `#define I`, out of the module.
typedef struct { float real, imaginary; } CLAPACKE_complexFloat;
typedef struct { double real, imaginary; } CLAPACKE_complexDouble;
#define LAPACK_COMPLEX_CUSTOM
#define lapack_complex_float CLAPACKE_complexFloat
#define lapack_complex_double CLAPACKE_complexDouble

#include <lapacke.h>

#endif
