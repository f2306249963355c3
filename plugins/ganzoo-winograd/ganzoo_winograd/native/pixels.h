// Between images (N, C, H, W) and tiles at 36 points: [36][vectors][tiles][LANES].
#pragma once
#include "shapes.h"
#include "transforms.h"

namespace {

// Padded row `y`, columns [from, to), of the channels that begin at `plane`.
inline void pack_row(const Image& image, const float* plane, int count, Index y, Index from,
                     Index to, float* vectors) {
  Index row = image.row(y), left = image.padding, right = left + image.width;
  for (Index x = from; x < to; ++x) {
    if (row >= 0 && x >= left && x < right) {
      Index length = (to < right ? to : right) - x;
      pack(plane + row * image.width + x - left, image.plane(), count, length,
           vectors + (x - from) * LANES);
      x += length - 1;
      continue;
    }
    Index column = row < 0 ? -1 : image.column(x);
    for (int i = 0; i < LANES; ++i)
      vectors[(x - from) * LANES + i] =
          i < count && column >= 0 ? plane[i * image.plane() + row * image.width + column] : 0;
  }
}

inline int count_lanes(Index channels, Index vector) {
  Index rest = channels - vector * LANES;
  return rest > LANES ? LANES : rest < 0 ? 0 : int(rest);
}

// The tiles of one row of tiles and one vector of channels: pixels to points.
template <class Map>
void to_points(const Image& image, const Cut& cut, const float* pixels, Index first, Index row,
               Index vector, Index vectors, float* points) {
  float strip[Map::IN * (STEP * SEGMENT + Map::IN - STEP) * LANES];
  Index y = (row % cut.tall) * STEP, step = point_step(vectors, cut.tiles());
  int count = count_lanes(image.channels, vector);
  const float* plane =
      pixels + (row / cut.tall * image.channels + vector * LANES) * image.plane();
  for (Index from = 0; from < cut.wide; from += SEGMENT) {
    Index to = from + SEGMENT < cut.wide ? from + SEGMENT : cut.wide;
    Index columns = STEP * (to - from) + Map::IN - STEP;
    for (int i = 0; i < Map::IN; ++i)
      pack_row(image, plane, count, y + i, STEP * from, STEP * from + columns,
               strip + i * columns * LANES);
    for (Index tile = from; tile < to; ++tile) {
      Vector out[6][6];
      transform<Map>(strip + STEP * (tile - from) * LANES, columns * LANES, LANES, out);
      float* at = points + (vector * cut.tiles() + (row - first) * cut.wide + tile) * LANES;
      for (int p = 0; p < POINTS; ++p) store(at + p * step, out[p / 6][p % 6]);
    }
  }
}

// The reverse for the result: points to pixels, plus a bias.
inline void to_pixels(const Image& image, const Cut& cut, const float* points, Index first,
                      Index row, Index vector, Index vectors, const float* bias, float* pixels) {
  float strip[STEP * STEP * SEGMENT * LANES];
  Index y = (row % cut.tall) * STEP, step = point_step(vectors, cut.tiles());
  int count = count_lanes(image.channels, vector);
  float* plane = pixels + (row / cut.tall * image.channels + vector * LANES) * image.plane();
  Vector shift = {};
  for (int i = 0; bias && i < count; ++i) shift[i] = bias[vector * LANES + i];
  for (Index from = 0; from < cut.wide; from += SEGMENT) {
    Index to = from + SEGMENT < cut.wide ? from + SEGMENT : cut.wide;
    Index columns = STEP * (to - from), rest = image.width - STEP * from;
    for (Index tile = from; tile < to; ++tile) {
      Vector out[4][4];
      const float* at = points + (vector * cut.tiles() + (row - first) * cut.wide + tile) * LANES;
      transform<Result>(at, 6 * step, step, out);
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
          store(strip + (i * columns + STEP * (tile - from) + j) * LANES, out[i][j] + shift);
    }
    for (int i = 0; i < STEP && y + i < image.height; ++i)
      unpack<false>(strip + i * columns * LANES, columns < rest ? columns : rest,
                    plane + (y + i) * image.width + STEP * from, image.plane(), count);
  }
}

// A finished padded row of a gradient goes where its pixels came from.
inline void unpack_row(const Image& image, float* vectors, Index y, float* plane, int count) {
  Index row = image.row(y), left = image.padding, right = left + image.width;
  if (row < 0) return;
  for (Index x = 0; x < right + image.padding; x = x + 1 == left ? right : x + 1) {
    if (x >= left && x < right) x = right;
    Index column = x < right + image.padding ? image.column(x) : -1;
    if (column < 0) continue;
    float* to = vectors + (left + column) * LANES;
    store(to, load(to) + load(vectors + x * LANES));
  }
  float* to = plane + row * image.width;
  bool real = y >= image.padding && y < image.padding + image.height;
  (real ? unpack<false> : unpack<true>)(vectors + left * LANES, image.width, to, image.plane(),
                                        count);
}

// The gradient of the pixels of one vector of channels, for the rows [first, last) of tiles in
// turn: tiles overlap by 2 pixels, so the last 2 rows of `strip` wait for the next row of tiles.
inline void to_gradient(const Image& image, const Cut& cut, const float* points, Index first,
                        Index last, Index vector, Index vectors, float* strip, float* pixels) {
  Index columns = STEP * cut.wide + 2, line = columns * LANES;
  Index step = point_step(vectors, cut.tiles());
  int count = count_lanes(image.channels, vector);
  for (Index row = first; row < last; ++row) {
    Index y = (row % cut.tall) * STEP;
    float* plane = pixels + (row / cut.tall * image.channels + vector * LANES) * image.plane();
    for (Index i = y ? 2 * line : 0; i < 6 * line; i += LANES) store(strip + i, Vector{});
    for (Index tile = 0; tile < cut.wide; ++tile) {
      Vector out[6][6];
      const float* at = points + (vector * cut.tiles() + (row - first) * cut.wide + tile) * LANES;
      transform<DataGradient>(at, 6 * step, step, out);
      for (int i = 0; i < 6; ++i)
        for (int j = 0; j < 6; ++j) {
          float* to = strip + i * line + (STEP * tile + j) * LANES;
          store(to, load(to) + out[i][j]);
        }
    }
    bool whole = y + STEP >= cut.tall * STEP;
    Index padded = image.height + 2 * image.padding, done = whole ? 6 : 4;
    for (int real = 1; real >= 0; --real)  // a border's row is added to one that is there
      for (Index i = 0; i < done && y + i < padded; ++i)
        if ((y + i >= image.padding && y + i < image.padding + image.height) == bool(real))
          unpack_row(image, strip + i * line, y + i, plane, count);
    for (Index i = 0; i < 2 * line; i += LANES) store(strip + i, load(strip + STEP * line + i));
  }
}

}  // namespace
