// The C interface, which Python calls through ctypes.
#pragma once
#include <cstdint>

// GOMP_parallel of the OpenMP runtime that torch has already loaded: its threads do the work, so
// that no second pool competes with them.
using Team = void (*)(void (*task)(void*), void* data, unsigned threads, unsigned flags);

// A convolution of images (images, in, height, width) by weights (out, in, 3, 3).
struct Convolution {
  std::int64_t images, in, out, height, width, padding, border;
};

struct Threads {
  Team team;
  std::int64_t count;
};

// What one instruction set offers; sizes in floats.
struct Kernels {
  std::int64_t (*workspace)(const Convolution*, bool backward);
  void (*forward)(const Convolution*, const Threads*, const float* images, const float* weights,
                  const float* bias, float* result, float* workspace);
  // A gradient whose pointer is null is left out.
  void (*backward)(const Convolution*, const Threads*, const float* images, const float* weights,
                   const float* gradient, float* images_gradient, float* weights_gradient,
                   float* workspace);
};
