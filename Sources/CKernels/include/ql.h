#pragma once
#include <stddef.h>

/// Matrices that are iterated together by one vector.
enum { QL_LANES = 8 };

/// The eigenvalues of symmetric tridiagonal matrices, one in each lane of one or two vectors.
///
/// The QL iteration without square roots (Pal, Walker & Kahan; Parlett, The Symmetric Eigenvalue Problem, section 8.15).
/// All lanes look for the same eigenvalue until the last has found it. Those that have found it stay as they are, so
/// that a matrix has the same eigenvalues whichever others it is with.
///
/// A step waits for the one before, whatever the width of a vector: of 512 columns sixteen matrices take 4.0 ms on a Zen
/// 5, eight 3.4 ms, and one by LAPACK's sterf 3.3 ms.
///
/// - diagonal: of each row, its number in each matrix, `vectors` · `QL_LANES` of them. Becomes the eigenvalues, in no
///   order.
/// - squares: likewise the squares of the numbers below the diagonal, the last row's unused. Is destroyed.
/// - vectors: 1 or 2.
/// - least: for each matrix the square that counts as nothing.
/// - returns: 0 if an eigenvalue takes more steps than any should.
int ql_iterate(double *diagonal, double *squares, ptrdiff_t order, int vectors, const double *least);
