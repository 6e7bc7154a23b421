#include "ql.h"
#include "vectors.h"

typedef ptrdiff_t count;
typedef long long mask __attribute__((vector_size(LANES * sizeof(long long)), aligned(8), may_alias));

/// Twice as many as were ever needed.
enum { MOST_STEPS = 60, MOST_VECTORS = 2 };

/// The recurrence divides by its squares: zeros give way to something far below all rounding.
static const double tiny = 1e-100;

INLINE lanes choose(mask which, lanes yes, lanes no) { return (lanes)((which & (mask)yes) | (~which & (mask)no)); }
INLINE lanes all(double x) { return (lanes){x, x, x, x, x, x, x, x}; }
INLINE lanes magnitude(lanes x) { return (lanes)((mask)x & 0x7fffffffffffffffLL); }

INLINE int any(mask which) {
  long long result = 0;
  UNROLL for (int i = 0; i < LANES; i++) result |= which[i];
  return result != 0;
}

INLINE lanes root(lanes x) {
  lanes result;
  UNROLL for (int i = 0; i < LANES; i++) result[i] = __builtin_sqrt(x[i]);
  return result;
}

/// The eigenvalue of a two-by-two matrix that is nearer to its first element (Wilkinson).
INLINE lanes wilkinson(lanes first, lanes second, lanes square) {
  lanes beside = root(square);
  lanes half = (second - first) / (2 * beside + tiny);
  lanes norm = root(half * half + 1);
  return first - beside / (half + choose(half < 0, -norm, norm));
}

/// Where the number below the diagonal still matters: beside its neighbours and beside the matrix.
INLINE mask matters(const double *diagonal, const double *square, count width, const double *least) {
  lanes product = magnitude(load(diagonal) * load(diagonal + width)) * (0x1p-53 * 0x1p-53);
  return ~(load(square) <= choose(product > load(least), product, load(least)));
}

/// One step towards the eigenvalue at `first` in the lanes that are `busy`.
INLINE void sweep(
  double *diagonal, double *squares, count order, count first, const mask busy[], int vectors
) {
  count width = vectors * LANES;
  lanes shift[MOST_VECTORS], sine[MOST_VECTORS], gamma[MOST_VECTORS], p[MOST_VECTORS];
  UNROLL for (int k = 0; k < vectors; k++) {
    const double *a = diagonal + first * width + k * LANES;
    shift[k] = wilkinson(load(a), load(a + width), load(squares + first * width + k * LANES));
    lanes last = load(diagonal + (order - 1) * width + k * LANES) - shift[k];
    sine[k] = all(0);
    gamma[k] = choose(magnitude(last) < tiny, all(tiny), last);
    p[k] = gamma[k] * gamma[k];
  }
  for (count i = order - 2; i >= first; i--) {
    UNROLL for (int k = 0; k < vectors; k++) {
      double *a = diagonal + i * width + k * LANES, *b = squares + i * width + k * LANES;
      lanes element = load(a), square = load(b), old = gamma[k];
      lanes total = p[k] + square;
      store(b + width, choose(busy[k], sine[k] * total, load(b + width)));
      // Two divisions that need not wait for each other, instead of three in a row.
      lanes inverse = 1 / total;
      lanes product = p[k] * (element - shift[k]) - square * old;
      lanes next = product * inverse;
      mask is_zero = magnitude(next) < tiny;
      sine[k] = square * inverse;
      gamma[k] = choose(is_zero, all(tiny), next);
      p[k] = choose(is_zero, all(tiny * tiny), next * (product / p[k]));
      store(a + width, choose(busy[k], old + (element - gamma[k]), load(a + width)));
    }
  }
  UNROLL for (int k = 0; k < vectors; k++) {
    double *a = diagonal + first * width + k * LANES, *b = squares + first * width + k * LANES;
    store(b, choose(busy[k], sine[k] * p[k], load(b)));
    store(a, choose(busy[k], shift[k] + gamma[k], load(a)));
  }
}

INLINE int iterate(double *diagonal, double *squares, count order, const double *least, int vectors) {
  count width = vectors * LANES;
  for (count first = 0; first + 1 < order; first++) {
    for (int step = 0;; step++) {
      mask busy[MOST_VECTORS];
      int is_any = 0;
      UNROLL for (int k = 0; k < vectors; k++) {
        count at = first * width + k * LANES;
        busy[k] = matters(diagonal + at, squares + at, width, least + k * LANES);
        is_any |= any(busy[k]);
      }
      if (!is_any) break;
      if (step == MOST_STEPS) return 0;
      sweep(diagonal, squares, order, first, busy, vectors);
    }
  }
  return 1;
}

/// The number of vectors has to be known when the loops are compiled.
INLINE int iterate_all(double *diagonal, double *squares, count order, const double *least, int vectors) {
  return vectors == 1 ? iterate(diagonal, squares, order, least, 1) : iterate(diagonal, squares, order, least, 2);
}

VERSIONS(
  int, ql_iterate, (double *diagonal, double *squares, ptrdiff_t order, int vectors, const double *least),
  (diagonal, squares, order, vectors, least), iterate_all(diagonal, squares, order, least, vectors),
  iterate_all(diagonal, squares, order, least, vectors))
