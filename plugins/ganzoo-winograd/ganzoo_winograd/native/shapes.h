// What a convolution is given, and how its work is cut.
#pragma once
#include <cstdint>

#include "vectors.h"

namespace {

constexpr int POINTS = 36, STEP = 4, MAX_TILES = 256, SEGMENT = 16;

enum Border : Index { ZERO, REFLECT, REPLICATE };

// The pixels of `channels` planes, of which those beyond the border follow a rule.
struct Image {
  Index channels, height, width, padding;
  Border border;

  // Where padded row or column `i` of `size` real ones comes from, -1 where it is zero.
  Index source(Index i, Index size) const {
    i -= padding;
    if (i >= 0 && i < size) return i;
    if (border == ZERO || i < -padding || i >= size + padding) return -1;
    if (border == REPLICATE) return i < 0 ? 0 : size - 1;
    return i < 0 ? -i : 2 * (size - 1) - i;
  }
  Index row(Index i) const { return source(i, height); }
  Index column(Index i) const { return source(i, width); }
  Index plane() const { return height * width; }
};

// Rows of tiles, of which `rows` are worked on together so that buffers stay in the cache.
struct Cut {
  Index images, tall, wide, rows;

  Cut(Index images, Index height, Index width)
      : images(images), tall((height + STEP - 1) / STEP), wide((width + STEP - 1) / STEP) {
    Index chunks = (all() * wide + MAX_TILES - 1) / MAX_TILES;
    rows = chunks > all() ? 1 : (all() + chunks - 1) / chunks;
  }
  Index all() const { return images * tall; }
  Index tiles() const { return rows * wide; }  // at most, of one chunk
};

// Vectors for `channels`, an even number, as the products take two at a time.
inline Index vectors(Index channels) { return (channels + 2 * LANES - 1) / (2 * LANES) * 2; }

// Buffers by point: [36][vectors][tiles][LANES], or [36][pairs of vectors][channels][2][LANES] for
// weights. A point takes one vector more than it needs, or all would share a set of the cache.
inline Index point_step(Index vectors, Index tiles) { return (vectors * tiles + 1) * LANES; }
inline Index weight_step(Index vectors, Index outer) {
  return (vectors * outer * LANES + 1) * LANES;
}

}  // namespace
