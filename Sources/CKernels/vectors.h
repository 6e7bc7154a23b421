#pragma once

// No vector leaves a file.
#pragma clang diagnostic ignored "-Wpsabi"

enum { LANES = 8 };

/// Eight numbers: one register with AVX-512, several elsewhere.
typedef double lanes __attribute__((vector_size(LANES * sizeof(double)), aligned(8), may_alias));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

INLINE lanes load(const double *from) { return *(const lanes *)from; }
INLINE void store(double *to, lanes value) { *(lanes *)to = value; }

INLINE double sum(lanes x) {
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

/// A function that is compiled for processors with AVX-512, with AVX2, and without them, and chooses when it is called.
///
/// What it calls for its work is inlined into each: `wide` where there are 32 registers of eight numbers, else `narrow`.
#if defined(__x86_64__)
#define VERSIONS(result, name, parameters, arguments, wide, narrow) \
  __attribute__((target("avx512f,avx512dq,fma"))) static result name##_avx512 parameters { return wide; } \
  __attribute__((target("avx2,fma"))) static result name##_avx2 parameters { return narrow; } \
  result name parameters { \
    if (HAS("avx512f") && HAS("avx512dq") && HAS("fma")) return name##_avx512 arguments; \
    if (HAS("avx2") && HAS("fma")) return name##_avx2 arguments; \
    return narrow; \
  }
#define HAS(feature) __builtin_cpu_supports(feature)
#else
#define VERSIONS(result, name, parameters, arguments, wide, narrow) \
  result name parameters { return narrow; }
#endif
