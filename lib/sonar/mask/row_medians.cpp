/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/row_medians.h"

#include <algorithm>
#include <cstdint>

#include "sonar/core/clones.h"
#include "sonar/mask/confidence.h"

namespace sonar::mask {
namespace {

constexpr std::size_t kLanes = 16;  // rows sorted side by side
/* Beyond, selecting in one row after the other is cheaper. */
constexpr std::size_t kMostSorted = 256;

struct Exchange {
  std::uint16_t low, high;
};

/* Merge exchange (Batcher 1968; Knuth, The art of computer programming, vol. 3,
 * 5.2.2, algorithm M): it sorts whatever the values are, so that many rows go
 * through it at once and nothing branches on them. */
std::vector<Exchange> sorting_network(std::size_t count) {
  std::vector<Exchange> out;
  std::size_t top = 1;
  while (2 * top < count) top *= 2;
  for (std::size_t p = top; p > 0; p /= 2) {
    std::size_t q = top, r = 0, d = p;
    for (;;) {
      for (std::size_t i = 0; i + d < count; ++i)
        if ((i & p) == r)
          out.push_back({std::uint16_t(i), std::uint16_t(i + d)});
      if (q == p) break;
      d = q - p;
      q /= 2;
      r = p;
    }
  }
  return out;
}

SONAR_CLONES void sort_lanes(const Exchange *exchanges, std::size_t count,
                             float *values) {
  for (std::size_t i = 0; i < count; ++i) {
    float *a = values + exchanges[i].low * kLanes;
    float *b = values + exchanges[i].high * kLanes;
    float low[kLanes], high[kLanes];
    for (std::size_t l = 0; l < kLanes; ++l) {
      low[l] = a[l] < b[l] ? a[l] : b[l];
      high[l] = a[l] < b[l] ? b[l] : a[l];
    }
    for (std::size_t l = 0; l < kLanes; ++l) a[l] = low[l];
    for (std::size_t l = 0; l < kLanes; ++l) b[l] = high[l];
  }
}

/* Rows @p first to @p end, at most kLanes of them. */
void medians_of(const Image &image, ColumnRange valid,
                const std::vector<Exchange> &network, std::size_t first,
                std::size_t end, std::vector<float> &lanes, float *out) {
  const std::size_t count = valid.count();
  for (std::size_t y = first; y < end; ++y) {
    const float *row = image.row(y) + valid.begin;
    for (std::size_t x = 0; x < count; ++x)
      lanes[x * kLanes + y - first] = row[x];
  }
  sort_lanes(network.data(), network.size(), lanes.data());
  const float *middle = lanes.data() + count / 2 * kLanes;
  for (std::size_t l = 0; l < end - first; ++l)
    out[l] =
        count % 2 ? middle[l] : 0.5f * (middle[l] + *(middle + l - kLanes));
}

}  // namespace

std::vector<float> row_medians(const Image &image, ColumnRange valid) {
  std::vector<float> out(image.height());
  if (valid.count() > kMostSorted) {
    std::vector<float> row;
    for (std::size_t y = 0; y < out.size(); ++y) {
      row.assign(image.row(y) + valid.begin, image.row(y) + valid.end);
      out[y] = median(row);
    }
    return out;
  }
  const auto network = sorting_network(valid.count());
  std::vector<float> lanes(valid.count() * kLanes);
  for (std::size_t y = 0; y < out.size(); y += kLanes)
    medians_of(image, valid, network, y, std::min(y + kLanes, out.size()),
               lanes, out.data() + y);
  return out;
}

}  // namespace sonar::mask
