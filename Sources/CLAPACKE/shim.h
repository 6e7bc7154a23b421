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

// The types of the routines that are used. They are looked up when the library is loaded: nothing links it.
typedef __typeof__(&LAPACKE_dsyevd) CLAPACKE_dsyevd;
typedef __typeof__(&LAPACKE_zheevd) CLAPACKE_zheevd;
typedef __typeof__(&LAPACKE_dgeqrt3_work) CLAPACKE_dgeqrt3;
typedef __typeof__(&LAPACKE_sgeqrt3_work) CLAPACKE_sgeqrt3;
typedef __typeof__(&LAPACKE_dsterf_work) CLAPACKE_dsterf;
typedef __typeof__(&LAPACKE_dgelqf) CLAPACKE_dgelqf;
typedef __typeof__(&LAPACKE_dgeqrf) CLAPACKE_dgeqrf;

#endif
