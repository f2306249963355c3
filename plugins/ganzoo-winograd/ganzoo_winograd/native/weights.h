// Between weights (K, C, 3, 3) and their values at 36 points.
#pragma once
#include "pixels.h"

namespace {

// U for the forward pass, [36][pairs of K][C][2][LANES], of vectors `k` and `c`.
inline void weights_to_points(const float* weights, Index out, Index in, Index k, Index c,
                              float* points) {
  float rows[9 * LANES * LANES];
  int count = count_lanes(in, c);
  Index step = weight_step(vectors(out), vectors(in));
  pack(weights + (k * LANES * in + c * LANES) * 9, in * 9, count_lanes(out, k), 9 * count, rows);
  float* at = points + ((k / 2 * vectors(in) + c) * 2 * LANES + k % 2) * LANES;
  for (int i = 0; i < LANES; ++i, at += 2 * LANES) {
    Vector values[6][6] = {};
    if (i < count) transform<Weights>(rows + 9 * i * LANES, 3 * LANES, LANES, values);
    for (int p = 0; p < POINTS; ++p) store(at + p * step, values[p / 6][p % 6]);
  }
}

// Its transpose for the gradient of the pixels, [36][pairs of C][K][2][LANES].
inline void weights_to_points_transposed(const float* weights, Index out, Index in, Index k,
                                         Index c, float* points) {
  float rows[9 * LANES * LANES];
  Vector block[POINTS][LANES] = {};
  int count = count_lanes(in, c);
  Index step = weight_step(vectors(in), vectors(out));
  pack(weights + (k * LANES * in + c * LANES) * 9, in * 9, count_lanes(out, k), 9 * count, rows);
  for (int i = 0; i < count; ++i) {
    Vector values[6][6];
    transform<Weights>(rows + 9 * i * LANES, 3 * LANES, LANES, values);
    for (int p = 0; p < POINTS; ++p) block[p][i] = values[p / 6][p % 6];
  }
  float* at = points + ((c / 2 * vectors(out) + k) * 2 * LANES + c % 2) * LANES;
  for (int p = 0; p < POINTS; ++p) {
    transpose<LANES / 2>(block[p]);
    for (int i = 0; i < LANES; ++i) store(at + p * step + 2 * i * LANES, block[p][i]);
  }
}

// The gradient of the weights from that of U.
inline void points_to_weights(const float* points, Index out, Index in, Index k, Index c,
                              float* weights) {
  float rows[9 * LANES * LANES];
  int count = count_lanes(in, c);
  Index step = weight_step(vectors(out), vectors(in));
  const float* at = points + ((k / 2 * vectors(in) + c) * 2 * LANES + k % 2) * LANES;
  for (int i = 0; i < count; ++i, at += 2 * LANES) {
    Vector values[3][3];
    transform<WeightsGradient>(at, 6 * step, step, values);
    for (int j = 0; j < 9; ++j) store(rows + (9 * i + j) * LANES, values[j / 3][j % 3]);
  }
  unpack<false>(rows, 9 * count, weights + (k * LANES * in + c * LANES) * 9, in * 9,
                count_lanes(out, k));
}

}  // namespace
