// The 36 matrix products, one a point: blocks that stay in registers, vectors over channels.
#pragma once
#include "vectors.h"

namespace {

#if LANES == 16
constexpr int TILES = 14, ROWS = 8;  // 2 x 14 sums and 2 x 8 sums, of 32 registers
#else
constexpr int TILES = 6, ROWS = 4;  // 2 x 6 sums and 2 x 4 sums, of 16 registers
#endif

// out[2][tile] = sum over channels c of in[c][tile] * weights[c][2], for N tiles.
// `in` has LANES channels in a vector, `in_step` floats to the next ones; `out` likewise.
template <int N>
void multiply_tiles(const float* in, Index in_step, Index blocks, const float* weights, float* out,
                    Index out_step) {
  Vector sums[N][2] = {};
  for (Index block = 0; block < blocks; ++block, in += in_step)
#pragma GCC unroll 4
    for (int lane = 0; lane < LANES; ++lane, weights += 2 * LANES) {
      Vector first = load(weights), second = load(weights + LANES);
#pragma GCC unroll 14
      for (int t = 0; t < N; ++t) {
        float value = in[t * LANES + lane];
        sums[t][0] += first * value;
        sums[t][1] += second * value;
      }
    }
#pragma GCC unroll 14
  for (int t = 0; t < N; ++t) {
    store(out + t * LANES, sums[t][0]);
    store(out + out_step + t * LANES, sums[t][1]);
  }
}

using Multiply = void (*)(const float*, Index, Index, const float*, float*, Index);

template <int... N>
inline Multiply choose_multiply(int tiles, std::integer_sequence<int, N...>) {
  static const Multiply all[] = {multiply_tiles<N + 1>...};
  return all[tiles - 1];
}

// The same for any number of tiles, in blocks of about equal size.
inline void multiply(const float* in, Index step, Index blocks, const float* weights, float* out,
                     Index tiles) {
  Index parts = (tiles + TILES - 1) / TILES;
  for (Index part = 0; part < parts; ++part) {
    Index from = part * tiles / parts, to = (part + 1) * tiles / parts;
    Multiply call = choose_multiply(int(to - from), std::make_integer_sequence<int, TILES>());
    call(in + from * LANES, step, blocks, weights, out + from * LANES, step);
  }
}

// gradient[row][2] = sum over tiles of in[tile][row] * out[tile][2], for ROWS channels of `in`.
inline void multiply_transposed(const float* in, const float* out, Index out_step, Index tiles,
                                float* gradient, bool add) {
  Vector sums[ROWS][2] = {};
  if (add)
    for (int i = 0; i < ROWS; ++i)
      for (int j = 0; j < 2; ++j) sums[i][j] = load(gradient + (2 * i + j) * LANES);
#pragma GCC unroll 2
  for (Index tile = 0; tile < tiles; ++tile) {
    Vector first = load(out + tile * LANES), second = load(out + out_step + tile * LANES);
#pragma GCC unroll 8
    for (int i = 0; i < ROWS; ++i) {
      float value = in[tile * LANES + i];
      sums[i][0] += first * value;
      sums[i][1] += second * value;
    }
  }
  for (int i = 0; i < ROWS; ++i)
    for (int j = 0; j < 2; ++j) store(gradient + (2 * i + j) * LANES, sums[i][j]);
}

}  // namespace
