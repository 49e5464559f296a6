/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/frequency_axis.h"

#include <algorithm>
#include <cmath>

namespace sonar::dsp {

AxisMap::AxisMap(const Recipe &recipe)
    : first_bin_(recipe.first_bin()), height_(recipe.height()) {
  if (recipe.axis == FrequencyAxis::kLinear) return;
  const auto edges = recipe.row_edges_hz(), centres = recipe.row_centres_hz();
  const double bin = recipe.bin_hz();
  for (std::size_t y = centres.size(); y-- > 0;)
    add_row(edges[y + 1] / bin, edges[y] / bin, centres[y] / bin,
            recipe.fft_size / 2);
}

/* Edges and centre in bins. */
void AxisMap::add_row(double low, double high, double centre, int last_bin) {
  const int first_weight = int(weights_.size());
  if (high - low < 1.0) {
    const int below = std::min(int(centre), last_bin - 1);
    weights_.push_back(float(below + 1 - centre));
    weights_.push_back(float(centre - below));
    rows_.push_back({below, first_weight, 2});
    return;
  }
  const int first = int(std::floor(low + 0.5));
  const int last = std::min(int(std::ceil(high - 0.5)), last_bin);
  double total = 0.0;
  for (int k = first; k <= last; ++k) {
    const double overlap = std::min(high, k + 0.5) - std::max(low, k - 0.5);
    weights_.push_back(float(overlap));
    total += overlap;
  }
  for (auto w = weights_.begin() + first_weight; w != weights_.end(); ++w)
    *w = float(*w / total);
  rows_.push_back({first, first_weight, last - first + 1});
}

void AxisMap::apply(const float *power, float *column) const {
  if (rows_.empty()) {
    std::copy_n(power + first_bin_, height_, column);
    return;
  }
  for (const Row &row : rows_) {
    const float *bin = power + row.first_bin;
    const float *weight = weights_.data() + row.first_weight;
    float sum = 0.0f;
    for (int i = 0; i < row.count; ++i) sum += weight[i] * bin[i];
    *column++ = sum;
  }
}

std::vector<std::size_t> rows_of_bins(const Recipe &recipe) {
  const std::vector<double> edges = recipe.row_edges_hz();  // highest first
  const std::size_t height = edges.size() - 1;
  std::vector<std::size_t> rows(std::size_t(recipe.fft_size) / 2 + 1, height);
  for (std::size_t k = 1; k < rows.size(); ++k) {
    const double hz = double(k) * recipe.bin_hz();
    for (std::size_t y = 0; y < height; ++y)
      if (hz < edges[y] && hz >= edges[y + 1]) rows[k] = y;
  }
  return rows;
}

}  // namespace sonar::dsp
