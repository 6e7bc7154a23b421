#include "tridiagonal.h"
#include "vectors.h"
#include <math.h>
#include <string.h>

typedef ptrdiff_t count;

/// What is done in one pass: A ← A − v·wᵀ − w·vᵀ, and y ← y + A·next.
typedef struct {
  double *v, *w, *next, *y;
} vectors;

INLINE vectors from(vectors x, count row) { return (vectors){x.v + row, x.w + row, x.next + row, x.y + row}; }

/// The lanes of eight vectors, each summed up.
INLINE lanes totals(const lanes x[LANES]) {
  lanes pairs[4], fours[2];
  UNROLL for (int i = 0; i < 4; i++) {
    lanes a = x[2 * i], b = x[2 * i + 1];
    pairs[i] = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
             + __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
  }
  UNROLL for (int i = 0; i < 2; i++) {
    lanes a = pairs[2 * i], b = pairs[2 * i + 1];
    fours[i] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
             + __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
  }
  return __builtin_shufflevector(fours[0], fours[1], 0, 1, 2, 3, 8, 9, 10, 11)
       + __builtin_shufflevector(fours[0], fours[1], 4, 5, 6, 7, 12, 13, 14, 15);
}

/// The pass over some columns of a group, and the products of their parts below the diagonal block with `next`.
///
/// - column: the first of them; - x: from the group's first row on; - first: the column's number in the group.
INLINE void pass_columns(double *column, count height, vectors x, int first, int columns, lanes products[LANES]) {
  double v[LANES], w[LANES], next[LANES];
  lanes sums[LANES];
  UNROLL for (int j = 0; j < columns; j++) {
    v[j] = x.v[first + j];
    w[j] = x.w[first + j];
    next[j] = x.next[first + j];
    sums[j] = (lanes){0};
  }
  // The diagonal block has both halves: it needs no products by symmetry.
  lanes vs = load(x.v), ws = load(x.w), ys = load(x.y);
  UNROLL for (int j = 0; j < columns; j++) {
    lanes element = load(column + j * height) - vs * w[j] - ws * v[j];
    store(column + j * height, element);
    ys += element * next[j];
  }
  store(x.y, ys);
  for (count row = LANES; row < height; row += LANES) {
    lanes vs = load(x.v + row), ws = load(x.w + row), nexts = load(x.next + row), ys = load(x.y + row);
    UNROLL for (int j = 0; j < columns; j++) {
      double *at = column + j * height + row;
      lanes element = load(at) - vs * w[j] - ws * v[j];
      store(at, element);
      ys += element * next[j];
      sums[j] += element * nexts;
    }
    store(x.y + row, ys);
  }
  UNROLL for (int j = 0; j < columns; j++) products[j] = sums[j];
}

/// The pass over a group, from the column `start` on.
INLINE void pass_group(double *group, count height, vectors x, int start, int columns) {
  lanes products[LANES] = {0};
  UNROLL for (int first = 0; first < LANES; first += columns) {
    if (start < first + columns) pass_columns(group + first * height, height, x, first, columns, products + first);
  }
  store(x.y, load(x.y) + totals(products));
}

/// The reflection 1 − τ·next·nextᵀ, next = (…, 0, 1, …), that leaves only β of the `rows` numbers of a column from
/// `row` on. `head` is the first row that there is; up to `row` all is written.
INLINE double reflect(double *column, count head, count row, count rows, double *next, double *factor) {
  for (count i = head; i < row; i++) column[i] = 0;
  double first = column[row];
  column[row] = 0;
  lanes squares = {0};
  for (count i = head; i < rows; i += LANES) squares += load(column + i) * load(column + i);
  double square = sum(squares), result = first, inverse = 0;
  *factor = 0;
  if (square > 1e-280) {
    double norm = sqrt(first * first + square);
    result = first > 0 ? -norm : norm;
    *factor = (result - first) / result;
    inverse = 1 / (first - result);
  }
  for (count i = head; i < rows; i += LANES) store(next + i, load(column + i) * inverse);
  next[row] = *factor == 0 ? 0 : 1;
  return result;
}

/// y ← τ·y − ½τ²·(yᵀ·next)·next, from `row` on; above it 0.
INLINE void finish(vectors x, double factor, count row, count rows) {
  count head = row / LANES * LANES;
  for (count i = head; i < row; i++) x.y[i] = 0;
  lanes product = {0};
  for (count i = head; i < rows; i += LANES) product += load(x.y + i) * load(x.next + i);
  double half = -0.5 * factor * factor * sum(product);
  for (count i = head; i < rows; i += LANES) store(x.y + i, load(x.y + i) * factor + load(x.next + i) * half);
}

INLINE void reduce(
  double *matrix, count order, double *workspace, double *diagonal, double *subdiagonal, int columns
) {
  count rows = (order + LANES - 1) / LANES * LANES;
  vectors x = {workspace, workspace + rows, workspace + 2 * rows, workspace + 3 * rows};
  memset(workspace, 0, 4 * rows * sizeof(double));
  double *group = matrix;
  for (count k = 0; k < order; k++) {
    count head = k / LANES * LANES, height = rows - head;
    double *column = group + (k - head) * height - head;
    double v = x.v[k], w = x.w[k];
    for (count i = head; i < rows; i += LANES) {
      store(column + i, load(column + i) - load(x.v + i) * w - load(x.w + i) * v);
    }
    diagonal[k] = column[k];
    subdiagonal[k] = 0;
    if (k + 1 == order) return;

    double factor;
    subdiagonal[k] = reflect(column, head, k + 1, rows, x.next, &factor);
    double *next_group = group + LANES * height;
    if (k + 1 == head + LANES) {
      group = next_group;
      head += LANES;
    }
    memset(x.y + head, 0, (rows - head) * sizeof(double));
    double *block = group;
    for (count start = head; start < rows; start += LANES) {
      pass_group(block, rows - start, from(x, start), start == head ? (int)(k + 1 - head) : 0, columns);
      block += LANES * (rows - start);
    }
    finish(x, factor, k + 1, rows);
    x = (vectors){x.next, x.y, x.v, x.w};
  }
}

VERSIONS(
  void, tridiagonal_reduce,
  (double *matrix, ptrdiff_t order, double *workspace, double *diagonal, double *subdiagonal),
  (matrix, order, workspace, diagonal, subdiagonal), reduce(matrix, order, workspace, diagonal, subdiagonal, 4),
  reduce(matrix, order, workspace, diagonal, subdiagonal, 2))
