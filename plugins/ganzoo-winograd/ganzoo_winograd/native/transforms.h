// The linear maps of Winograd's F(4 x 4, 3 x 3) (Lavin, Gray 2015, arXiv:1509.09308, sec. 4), and
// their transposes for the gradients. They interpolate at 0, +-A, +-B and infinity. The published
// choice is A = 1, B = 2; with A = 1/B = sqrt(1/2) rounding errors are 2.4 times smaller, and A^2,
// B^2 and A^2 B^2 = 1 stay exact.
#pragma once
#include "vectors.h"

namespace {

constexpr float A = 0.70710678118654752f, B = 1.41421356237309505f;
constexpr float A2 = 0.5f, B2 = 2.0f, SUM = A2 + B2, A3 = A2 * A, B3 = B2 * B;
constexpr float AT_A = 1 / (2 * A2 * (A2 - B2)), AT_B = 1 / (2 * B2 * (B2 - A2));  // the rows of G

// B^T d: 6 pixels to 6 points.
struct Data {
  static constexpr int IN = 6, OUT = 6;
  static void apply(const Vector* d, Vector* v) {
    Vector even_a = d[4] - B2 * d[2], odd_a = A * (d[3] - B2 * d[1]);
    Vector even_b = d[4] - A2 * d[2], odd_b = B * (d[3] - A2 * d[1]);
    v[0] = d[0] - SUM * d[2] + d[4];
    v[1] = even_a + odd_a;
    v[2] = even_a - odd_a;
    v[3] = even_b + odd_b;
    v[4] = even_b - odd_b;
    v[5] = d[1] - SUM * d[3] + d[5];
  }
};

// B v: the transpose of Data, for the gradient of the pixels.
struct DataGradient {
  static constexpr int IN = 6, OUT = 6;
  static void apply(const Vector* v, Vector* d) {
    Vector sum_a = v[1] + v[2], difference_a = A * (v[1] - v[2]);
    Vector sum_b = v[3] + v[4], difference_b = B * (v[3] - v[4]);
    d[0] = v[0];
    d[1] = v[5] - B2 * difference_a - A2 * difference_b;
    d[2] = -SUM * v[0] - B2 * sum_a - A2 * sum_b;
    d[3] = difference_a + difference_b - SUM * v[5];
    d[4] = v[0] + sum_a + sum_b;
    d[5] = v[5];
  }
};

// A^T m: 6 points to 4 pixels.
struct Result {
  static constexpr int IN = 6, OUT = 4;
  static void apply(const Vector* m, Vector* y) {
    Vector sum_a = m[1] + m[2], difference_a = m[1] - m[2];
    Vector sum_b = m[3] + m[4], difference_b = m[3] - m[4];
    y[0] = m[0] + sum_a + sum_b;
    y[1] = A * difference_a + B * difference_b;
    y[2] = A2 * sum_a + B2 * sum_b;
    y[3] = A3 * difference_a + B3 * difference_b + m[5];
  }
};

// A y: the transpose of Result, for the gradient of the points.
struct ResultGradient {
  static constexpr int IN = 4, OUT = 6;
  static void apply(const Vector* y, Vector* m) {
    Vector even_a = y[0] + A2 * y[2], odd_a = A * y[1] + A3 * y[3];
    Vector even_b = y[0] + B2 * y[2], odd_b = B * y[1] + B3 * y[3];
    m[0] = y[0];
    m[1] = even_a + odd_a;
    m[2] = even_a - odd_a;
    m[3] = even_b + odd_b;
    m[4] = even_b - odd_b;
    m[5] = y[3];
  }
};

// G g: 3 weights to 6 points.
struct Weights {
  static constexpr int IN = 3, OUT = 6;
  static void apply(const Vector* g, Vector* u) {
    Vector even_a = AT_A * (g[0] + A2 * g[2]), odd_a = (AT_A * A) * g[1];
    Vector even_b = AT_B * (g[0] + B2 * g[2]), odd_b = (AT_B * B) * g[1];
    u[0] = g[0];
    u[1] = even_a + odd_a;
    u[2] = even_a - odd_a;
    u[3] = even_b + odd_b;
    u[4] = even_b - odd_b;
    u[5] = g[2];
  }
};

// G^T u: the transpose of Weights, for the gradient of the weights.
struct WeightsGradient {
  static constexpr int IN = 6, OUT = 3;
  static void apply(const Vector* u, Vector* g) {
    Vector sum_a = AT_A * (u[1] + u[2]), difference_a = (AT_A * A) * (u[1] - u[2]);
    Vector sum_b = AT_B * (u[3] + u[4]), difference_b = (AT_B * B) * (u[3] - u[4]);
    g[0] = u[0] + sum_a + sum_b;
    g[1] = difference_a + difference_b;
    g[2] = A2 * sum_a + B2 * sum_b + u[5];
  }
};

// Both dimensions: IN rows of IN vectors, `row` and `column` floats apart, to OUT x OUT vectors.
template <class Map>
inline void transform(const float* from, Index row, Index column, Vector (*to)[Map::OUT]) {
  Vector half[Map::OUT][Map::IN];
#pragma GCC unroll 6
  for (int x = 0; x < Map::IN; ++x) {
    Vector in[Map::IN], out[Map::OUT];
#pragma GCC unroll 6
    for (int y = 0; y < Map::IN; ++y) in[y] = load(from + y * row + x * column);
    Map::apply(in, out);
#pragma GCC unroll 6
    for (int y = 0; y < Map::OUT; ++y) half[y][x] = out[y];
  }
#pragma GCC unroll 6
  for (int y = 0; y < Map::OUT; ++y) Map::apply(half[y], to[y]);
}

}  // namespace
