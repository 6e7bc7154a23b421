#pragma once
#include <stddef.h>

/// The arithmetic of a bulge chase on blocks of `BULGE_WIDTH` rows and columns, column-major, `stride` numbers from one
/// column to the next.
///
/// With AVX-512 more than twice as fast as with what all processors of the family have. The rest is Swift, `BulgeChase`.
///
/// Blocks are whole ones. Above the diagonal of a symmetric block up to `BULGE_SLACK` numbers of each column are
/// touched, and mean nothing.
enum { BULGE_WIDTH = 48, BULGE_SLACK = 8 };

/// H = I − factor·v·vᵀ, v₀ = 1.
typedef struct {
  double vector[BULGE_WIDTH];
  double factor;
} bulge_reflection;

/// Leaves only the first number of a column, and the reflection that does it.
void bulge_clear(double *column, bulge_reflection *reflection);

/// B ← H·B·H₀, where H₀ is the reflection that comes in, and H, which goes out, clears the first column of B·H₀.
void bulge_chase(double *block, ptrdiff_t stride, bulge_reflection *reflection);

/// D ← H·D·H of a symmetric block, of which the lower triangle is there.
void bulge_apply(double *block, ptrdiff_t stride, const bulge_reflection *reflection);
