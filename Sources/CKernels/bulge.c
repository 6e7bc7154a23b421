#include "bulge.h"
#include "vectors.h"
#include <math.h>

enum { WIDTH = BULGE_WIDTH, VECTORS = WIDTH / LANES };

#define EACH(index) UNROLL for (int index = 0; index < VECTORS; index++)

INLINE double product(const double *x, const double *y) {
  lanes total = {0};
  EACH(i) total += load(x + i * LANES) * load(y + i * LANES);
  return sum(total);
}

/// c ← c − a·x − b·y, from the `start`-th vector on.
INLINE void subtract(double *c, int start, const double *a, double x, const double *b, double y) {
  UNROLL for (int i = start; i < VECTORS; i++) {
    int at = i * LANES;
    store(c + at, load(c + at) - load(a + at) * x - load(b + at) * y);
  }
}

/// Householder's reflection for x; returns what it makes of x₀.
///
/// Where squares are too small beside the matrix to be exact, it would be none: what they are of counts as zero.
INLINE double reflect(const double *x, bulge_reflection *reflection) {
  double rest[WIDTH];
  EACH(i) store(rest + i * LANES, load(x + i * LANES));
  double first = rest[0];
  rest[0] = 0;
  double square = product(rest, rest);
  double result = first, inverse = 0;
  reflection->factor = 0;
  if (square > 1e-280) {
    double norm = sqrt(first * first + square);
    result = first > 0 ? -norm : norm;
    reflection->factor = (result - first) / result;
    inverse = 1 / (first - result);
  }
  EACH(i) store(reflection->vector + i * LANES, load(rest + i * LANES) * inverse);
  reflection->vector[0] = 1;
  return result;
}

INLINE void replace(double *column, double first) {
  EACH(i) store(column + i * LANES, (lanes){0});
  column[0] = first;
}

INLINE void clear(double *column, bulge_reflection *reflection) { replace(column, reflect(column, reflection)); }

/// B·H₀ = B − w·uᵀ with w = factor₀·B·u, and then B ← B − w·uᵀ − v·zᵀ with z = factor·(Bᵀv − (wᵀv)·u): the block is
/// read twice and written once.
INLINE void chase(double *b, ptrdiff_t stride, bulge_reflection *reflection) {
  const bulge_reflection last = *reflection;
  const double *u = last.vector;
  double w[WIDTH], z[WIDTH];
  lanes sums[VECTORS] = {0};
  for (int column = 0; column < WIDTH; column++) {
    EACH(i) sums[i] += load(b + column * stride + i * LANES) * u[column];
  }
  EACH(i) store(w + i * LANES, sums[i] * last.factor);
  EACH(i) store(z + i * LANES, load(b + i * LANES) - load(w + i * LANES));
  double first = reflect(z, reflection);

  const double *v = reflection->vector;
  double wv = product(w, v);
  for (int column = 0; column < WIDTH; column++) {
    z[column] = reflection->factor * (product(b + column * stride, v) - wv * u[column]);
  }
  for (int column = 0; column < WIDTH; column++) subtract(b + column * stride, 0, w, u[column], v, z[column]);
  replace(b, first);
}

/// D − v·yᵀ − y·vᵀ with y = factor·D·v − ½·factor²·(vᵀDv)·v.
INLINE void apply(double *d, ptrdiff_t stride, const bulge_reflection *reflection) {
  const double *v = reflection->vector;
  double factor = reflection->factor;
  // D·v from the lower triangle: each column, and by symmetry each row, once. The vectors of a group of columns begin
  // above their diagonals; what lies there does not count.
  double y[WIDTH] = {0};
  UNROLL for (int group = 0; group < VECTORS; group++) {
    lanes head = {0};
    for (int lane = 0; lane < LANES; lane++) {
      int column = group * LANES + lane;
      const double *source = d + column * stride;
      lanes below = load(source + group * LANES);
      for (int above = 0; above < LANES; above++) below[above] = above < lane ? 0 : below[above];
      lanes total = below * load(v + group * LANES);
      head += below * v[column];
      UNROLL for (int i = group + 1; i < VECTORS; i++) {
        lanes x = load(source + i * LANES);
        total += x * load(v + i * LANES);
        store(y + i * LANES, load(y + i * LANES) + x * v[column]);
      }
      y[column] += sum(total) - source[column] * v[column];
    }
    store(y + group * LANES, load(y + group * LANES) + head);
  }
  double half = -0.5 * factor * factor * product(y, v);
  EACH(i) store(y + i * LANES, load(y + i * LANES) * factor + load(v + i * LANES) * half);
  UNROLL for (int group = 0; group < VECTORS; group++) {
    for (int lane = 0; lane < LANES; lane++) {
      int column = group * LANES + lane;
      subtract(d + column * stride, group, v, y[column], y, v[column]);
    }
  }
}

VERSIONS(
  void, bulge_clear, (double *column, bulge_reflection *reflection), (column, reflection), clear(column, reflection),
  clear(column, reflection))

VERSIONS(
  void, bulge_chase, (double *block, ptrdiff_t stride, bulge_reflection *reflection), (block, stride, reflection),
  chase(block, stride, reflection), chase(block, stride, reflection))

VERSIONS(
  void, bulge_apply, (double *block, ptrdiff_t stride, const bulge_reflection *reflection),
  (block, stride, reflection), apply(block, stride, reflection), apply(block, stride, reflection))
