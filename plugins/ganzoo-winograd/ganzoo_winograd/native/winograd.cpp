// Which instruction set is there, and the functions that Python calls.
#include <cstring>

#include "interface.h"

extern const Kernels plain;
#ifdef HAVE_X86
extern const Kernels avx2, avx512;
#endif

namespace {

struct Choice {
  const char* name;
  bool there;
  const Kernels* kernels;
};

// The best first.
const Choice* list_choices() {
#ifdef HAVE_X86
  __builtin_cpu_init();
  static const Choice all[] = {
      {"AVX-512", __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"), &avx512},
      {"AVX2", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), &avx2},
      {"plain", true, &plain}};
#else
  static const Choice all[] = {{"plain", true, &plain}};
#endif
  return all;
}

const Choice* find(const char* name) {
  for (const Choice* each = list_choices();; ++each) {
    bool meant = !name || !std::strcmp(name, each->name);
    if (meant && each->there) return each;
    if (each->kernels == &plain) return nullptr;
  }
}

const Choice* choice = find(nullptr);

}  // namespace

extern "C" {

const char* winograd_sources() { return SOURCES; }

const char* winograd_instructions() { return choice->name; }

// Use other instructions than the best; 0 if the processor has none of these.
int winograd_select(const char* name) {
  const Choice* found = find(name);
  if (found) choice = found;
  return found != nullptr;
}

std::int64_t winograd_workspace(const Convolution* convolution, int backward) {
  return choice->kernels->workspace(convolution, backward != 0);
}

void winograd_forward(const Convolution* convolution, const Threads* threads, const float* images,
                      const float* weights, const float* bias, float* result, float* workspace) {
  choice->kernels->forward(convolution, threads, images, weights, bias, result, workspace);
}

void winograd_backward(const Convolution* convolution, const Threads* threads,
                       const float* images, const float* weights, const float* gradient,
                       float* images_gradient, float* weights_gradient, float* workspace) {
  choice->kernels->backward(convolution, threads, images, weights, gradient, images_gradient,
                           weights_gradient, workspace);
}
}
