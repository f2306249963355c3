// One instruction set's convolution; compiled once for each, with its own LANES and NAME.
#include "interface.h"
#include "parallel.h"
#include "pixels.h"
#include "products.h"
#include "weights.h"

namespace {

struct Work {
  Image image, result;
  Cut cut;
  Index in, out, data_step, result_step;  // vectors of channels; floats from point to point

  explicit Work(const Convolution& c)
      : image{c.in, c.height, c.width, c.padding, Border(c.border)},
        result{c.out, c.height + 2 * c.padding - 2, c.width + 2 * c.padding - 2, 0, ZERO},
        cut(c.images, result.height, result.width),
        in(vectors(c.in)),
        out(vectors(c.out)),
        data_step(point_step(in, cut.tiles())),
        result_step(point_step(out, cut.tiles())) {}

  Index weights() const { return POINTS * weight_step(in, out); }
  Index strip() const { return 6 * (STEP * cut.wide + 2) * LANES; }
  Index last(Index first) const {
    return first + cut.rows < cut.all() ? first + cut.rows : cut.all();
  }
};

// Products at 36 points, shared among threads by point and by group of output vectors.
void multiply_points(const Threads& threads, const float* in, Index in_step, Index in_vectors,
                     const float* weights, float* out, Index out_step, Index out_vectors,
                     Index capacity, Index tiles) {
  Index pairs = out_vectors / 2, weight_points = weight_step(out_vectors, in_vectors);
  Index groups = count_groups(threads, pairs);
  run(threads, POINTS * groups, [=](Index task) {
    Index point = task / groups, group = task % groups;
    for (Index p = group * pairs / groups; p < (group + 1) * pairs / groups; ++p)
      multiply(in + point * in_step, capacity * LANES, in_vectors,
               weights + point * weight_points + p * in_vectors * LANES * 2 * LANES,
               out + point * out_step + 2 * p * capacity * LANES, tiles);
  });
}

// The gradient of the weights at 36 points, added up over chunks.
void multiply_gradients(const Threads& threads, const Work& work, const float* data,
                        const float* result, float* gradient, Index tiles, bool add) {
  Index pairs = work.out / 2, groups = count_groups(threads, pairs), line = work.cut.tiles();
  run(threads, POINTS * groups, [=, &work](Index task) {
    Index point = task / groups, group = task % groups;
    const float* in = data + point * work.data_step;
    const float* out = result + point * work.result_step;
    float* to = gradient + point * weight_step(work.out, work.in);
    for (Index p = group * pairs / groups; p < (group + 1) * pairs / groups; ++p)
      for (Index c = 0; c < work.in * LANES; c += ROWS)
        multiply_transposed(in + c / LANES * line * LANES + c % LANES,
                            out + 2 * p * line * LANES, line * LANES, tiles,
                            to + (p * work.in * LANES + c) * 2 * LANES, add);
  });
}

std::int64_t workspace(const Convolution* convolution, bool backward) {
  Work work(*convolution);
  Index points = POINTS * (work.data_step + work.result_step);
  return points + (backward ? 2 * work.weights() + work.in * work.strip() : work.weights());
}

void forward(const Convolution* convolution, const Threads* threads, const float* images,
             const float* weights, const float* bias, float* result, float* workspace) {
  Work work(*convolution);
  float *points = workspace, *data = points + work.weights(),
        *products = data + POINTS * work.data_step;
  run(*threads, work.in * work.out, [&](Index task) {
    weights_to_points(weights, convolution->out, convolution->in, task / work.in,
                      task % work.in, points);
  });
  for (Index first = 0; first < work.cut.all(); first += work.cut.rows) {
    Index rows = work.last(first) - first;
    run(*threads, rows * work.in, [&](Index task) {
      to_points<Data>(work.image, work.cut, images, first, first + task % rows, task / rows,
                      work.in, data);
    });
    multiply_points(*threads, data, work.data_step, work.in, points, products, work.result_step,
                    work.out, work.cut.tiles(), rows * work.cut.wide);
    run(*threads, rows * work.out, [&](Index task) {
      to_pixels(work.result, work.cut, products, first, first + task % rows, task / rows,
                work.out, bias, result);
    });
  }
}

void backward(const Convolution* convolution, const Threads* threads, const float* images,
              const float* weights, const float* gradient, float* images_gradient,
              float* weights_gradient, float* workspace) {
  Work work(*convolution);
  Index out = convolution->out, in = convolution->in;
  float *points = workspace, *sums = points + work.weights(), *strips = sums + work.weights(),
        *data = strips + work.in * work.strip(), *results = data + POINTS * work.data_step;
  if (images_gradient)
    run(*threads, work.in * work.out, [&](Index task) {
      weights_to_points_transposed(weights, out, in, task % work.out, task / work.out, points);
    });
  for (Index first = 0; first < work.cut.all(); first += work.cut.rows) {
    Index last = work.last(first), rows = last - first, tiles = rows * work.cut.wide;
    run(*threads, rows * work.out, [&](Index task) {
      to_points<ResultGradient>(work.result, work.cut, gradient, first, first + task % rows,
                                task / rows, work.out, results);
    });
    if (images_gradient) {
      multiply_points(*threads, results, work.result_step, work.out, points, data,
                      work.data_step, work.in, work.cut.tiles(), tiles);
      run(*threads, work.in, [&](Index vector) {
        to_gradient(work.image, work.cut, data, first, last, vector, work.in,
                    strips + vector * work.strip(), images_gradient);
      });
    }
    if (weights_gradient) {
      run(*threads, rows * work.in, [&](Index task) {
        to_points<Data>(work.image, work.cut, images, first, first + task % rows, task / rows,
                        work.in, data);
      });
      multiply_gradients(*threads, work, data, results, sums, tiles, first > 0);
    }
  }
  if (weights_gradient)
    run(*threads, work.in * work.out, [&](Index task) {
      points_to_weights(sums, out, in, task / work.in, task % work.in, weights_gradient);
    });
}

}  // namespace

extern const Kernels NAME;
const Kernels NAME = {workspace, forward, backward};
