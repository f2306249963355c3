// Vectors of LANES floats, and copies between rows of an image and vectors over its channels.
#pragma once
#include <cstdint>
#include <utility>

namespace {

using Index = std::int64_t;
typedef float Vector __attribute__((vector_size(4 * LANES)));
typedef float Unaligned __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef std::int32_t Places __attribute__((vector_size(4 * LANES)));

inline Vector load(const float* from) { return *reinterpret_cast<const Unaligned*>(from); }
inline void store(float* to, Vector vector) { *reinterpret_cast<Unaligned*>(to) = vector; }

// One step of a transposition: exchanges the off-diagonal blocks of STEP x STEP of two rows.
template <int STEP, int... J>
inline void exchange(Vector& upper, Vector& lower, std::integer_sequence<int, J...>) {
#if defined(__clang__)
  Vector first = __builtin_shufflevector(upper, lower, ((J & STEP) ? LANES + J - STEP : J)...);
  lower = __builtin_shufflevector(upper, lower, ((J & STEP) ? LANES + J : J + STEP)...);
#else
  Vector first = __builtin_shuffle(upper, lower, Places{((J & STEP) ? LANES + J - STEP : J)...});
  lower = __builtin_shuffle(upper, lower, Places{((J & STEP) ? LANES + J : J + STEP)...});
#endif
  upper = first;
}

template <int STEP>
inline void transpose(Vector* rows) {
  if constexpr (STEP > 0) {
#pragma GCC unroll 16
    for (int i = 0; i < LANES; ++i)
      if (!(i & STEP))
        exchange<STEP>(rows[i], rows[i + STEP], std::make_integer_sequence<int, LANES>());
    transpose<STEP / 2>(rows);
  }
}

// `count` rows, `stride` apart, of `length` floats become `length` vectors; missing rows are 0.
inline void pack(const float* rows, Index stride, int count, Index length, float* vectors) {
  Index x = 0;
  for (; x + LANES <= length; x += LANES) {
    Vector block[LANES];
    for (int i = 0; i < LANES; ++i) block[i] = i < count ? load(rows + i * stride + x) : Vector{};
    transpose<LANES / 2>(block);
    for (int i = 0; i < LANES; ++i) store(vectors + (x + i) * LANES, block[i]);
  }
  for (; x < length; ++x)
    for (int i = 0; i < LANES; ++i) vectors[x * LANES + i] = i < count ? rows[i * stride + x] : 0;
}

// The reverse of `pack`, which sets the rows or adds to them.
template <bool ADD>
inline void unpack(const float* vectors, Index length, float* rows, Index stride, int count) {
  Index x = 0;
  for (; x + LANES <= length; x += LANES) {
    Vector block[LANES];
    for (int i = 0; i < LANES; ++i) block[i] = load(vectors + (x + i) * LANES);
    transpose<LANES / 2>(block);
    for (int i = 0; i < count; ++i) {
      float* to = rows + i * stride + x;
      store(to, ADD ? load(to) + block[i] : block[i]);
    }
  }
  for (; x < length; ++x)
    for (int i = 0; i < count; ++i) {
      float value = vectors[x * LANES + i];
      rows[i * stride + x] = ADD ? rows[i * stride + x] + value : value;
    }
}

}  // namespace
