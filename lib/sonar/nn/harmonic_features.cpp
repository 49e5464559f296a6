/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/harmonic_features.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sonar/core/error.h"
#include "sonar/nn/input.h"

namespace sonar::nn {
namespace {

constexpr double kLowestHz = 0.8, kHighestHz = 8;
constexpr std::size_t kFundamentals = 400, kScored = 8, kLeastOf = 4;
constexpr double kLeastWeight = 0.3;
constexpr float kLevelDb = 20;  // what 1 means in make_input()'s second channel
constexpr double kLineDb = 3, kStrongLineDb = 5;
constexpr std::size_t kNeighbours = 4;  // rows a line is larger than, each way
constexpr double kToothRows = 2;        // half the width of the comb's teeth

/** Between the rows, 0 outside them. */
double at(const std::vector<float> &rows, double position) {
  if (position < 0 || position > double(rows.size() - 1)) return 0;
  const std::size_t below = std::min(std::size_t(position), rows.size() - 2);
  const double part = position - double(below);
  return (1 - part) * double(rows[below]) + part * double(rows[below + 1]);
}

float median(std::vector<float> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<float> smooth(const std::vector<float> &rows) {
  std::vector<float> out = rows;
  for (std::size_t i = 1; i + 1 < rows.size(); ++i)
    out[i] = rows[i - 1] / 4 + rows[i] / 2 + rows[i + 1] / 4;
  return out;
}

bool is_peak(const std::vector<float> &rows, std::size_t i) {
  const std::size_t begin = i < kNeighbours ? 0 : i - kNeighbours;
  const std::size_t end = std::min(rows.size(), i + kNeighbours + 1);
  return *std::max_element(rows.begin() + std::ptrdiff_t(begin),
                           rows.begin() + std::ptrdiff_t(end)) <= rows[i];
}

double log_count_above(const std::vector<float> &rows, double db) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    count += double(rows[i]) > db && is_peak(rows, i);
  return std::log1p(double(count));
}

void require_recipe(const Recipe &recipe) {
  const bool good =
      recipe.axis == FrequencyAxis::kLinear &&
      recipe.row_edges_hz().back() <= kLowestHz &&
      recipe.row_edges_hz().front() >= 2 * kHighestHz &&
      recipe.row_centres_hz().front() - recipe.row_centres_hz().back() <=
          kLowestHz / 2 * double(recipe.height() - 1);
  if (!good)
    throw Error(Errc::kBadModel,
                "the network harmonics looks for propellers' rates, needed a "
                "linear axis from 0.8 Hz or below to 16 Hz or above in rows of "
                "0.4 Hz or less; use the preset ship-type, or another network");
}

/** Of rows low to high, in parts of equal ratio; a part no row's centre lies in
 *  stays empty. */
std::vector<std::size_t> bands_of(const Recipe &recipe, std::size_t bands) {
  const std::vector<double> edges = recipe.row_edges_hz(),
                            centres = recipe.row_centres_hz();
  const double low = std::log(edges.back()),
               whole = std::log(edges.front()) - low;
  std::vector<std::size_t> out;
  for (auto hz = centres.rbegin(); hz != centres.rend(); ++hz)
    out.push_back(std::min(
        bands - 1, std::size_t((std::log(*hz) - low) / whole * double(bands))));
  return out;
}

}  // namespace

HarmonicFeatures::HarmonicFeatures(const Recipe &recipe) {
  require_recipe(recipe);
  input_ = {2, std::size_t(recipe.height()), std::size_t(recipe.width)};
  const std::vector<double> centres = recipe.row_centres_hz();
  lowest_hz_ = centres.back();
  bin_hz_ = (centres.front() - centres.back()) / double(centres.size() - 1);
  band_of_ = bands_of(recipe, kBands);
  for (std::size_t i = 0; i < kFundamentals; ++i)
    fundamentals_hz_.push_back(kLowestHz *
                               std::pow(kHighestHz / kLowestHz,
                                        double(i) / double(kFundamentals - 1)));
}

Shape HarmonicFeatures::maps() const noexcept {
  return {kBands + 2, input_.height, input_.width};
}

HarmonicFeatures::Spectrum HarmonicFeatures::average(const float *input) const {
  const auto mean = [&](std::size_t channel, float unit_db) {
    std::vector<float> out;
    for (std::size_t y = input_.height; y-- > 0;) {
      const float *const row =
          input + (channel * input_.height + y) * input_.width;
      double sum = 0;
      for (std::size_t x = 0; x < input_.width; ++x) sum += double(row[x]);
      out.push_back(float(sum / double(input_.width)) * unit_db);
    }
    return out;
  };
  Spectrum out{mean(1, kLevelDb), mean(0, kInputRangeDb), {}};
  const float floor = median(out.lines_db);
  for (float &v : out.lines_db) v = std::max(v - floor, 0.0f);
  out.smooth_db = smooth(out.lines_db);
  return out;
}

HarmonicFeatures::Comb HarmonicFeatures::find_comb(
    const Spectrum &spectrum) const {
  Comb best{fundamentals_hz_.front(), -1};
  const double end = double(input_.height - 1);
  for (const double hz : fundamentals_hz_) {
    double sum = 0, least = HUGE_VAL;
    std::size_t count = 0;
    for (std::size_t k = 1; k <= kScored; ++k) {
      const double where = position(hz * double(k));
      if (where > end) break;
      const double v = at(spectrum.smooth_db, where);
      sum += v;
      ++count;
      if (k <= kLeastOf) least = std::min(least, v);
    }
    // the rows reach the second multiple of every fundamental at least
    const double score = sum / double(count) + kLeastWeight * least;
    if (score > best.score) best = {hz, score};
  }
  return best;
}

void HarmonicFeatures::compute(const float *input, float *out) const {
  const Spectrum spectrum = average(input);
  std::vector<double> level(kBands), lines(kBands), largest(kBands),
      rows(kBands);
  double mean_level = 0;
  for (std::size_t i = 0; i < input_.height; ++i) {
    const std::size_t b = band_of_[i];
    mean_level += double(spectrum.level_db[i]) / double(input_.height);
    level[b] += double(spectrum.level_db[i]);
    lines[b] += double(spectrum.lines_db[i]);
    largest[b] = std::max(largest[b], double(spectrum.smooth_db[i]));
    ++rows[b];
  }
  for (std::size_t b = 0; b < kBands; ++b) {
    const double count = std::max(rows[b], 1.0);
    out[b] = rows[b] > 0 ? float(level[b] / count - mean_level) : 0.0f;
    out[kBands + b] = float(lines[b] / count);
    out[2 * kBands + b] = float(largest[b]);
  }
  out += 3 * kBands;
  const Comb comb = find_comb(spectrum);
  *out++ = float(std::log(comb.fundamental_hz));
  *out++ = float(comb.score);
  for (std::size_t k = 1; k <= kMultiples; ++k)
    *out++ = float(
        at(spectrum.smooth_db, position(comb.fundamental_hz * double(k))));
  const auto strongest =
      std::max_element(spectrum.smooth_db.begin(), spectrum.smooth_db.end());
  *out++ = float(std::log(
      lowest_hz_ + bin_hz_ * double(strongest - spectrum.smooth_db.begin())));
  *out++ = float(log_count_above(spectrum.smooth_db, kLineDb));
  *out++ = float(log_count_above(spectrum.smooth_db, kStrongLineDb));
}

void HarmonicFeatures::make_maps(const float *input, float *out) const {
  const std::size_t area = input_.height * input_.width;
  std::fill_n(out, maps().size(), 0.0f);
  float *const teeth = out + kBands * area, *const others = teeth + area;
  const double hz = find_comb(average(input)).fundamental_hz;
  for (std::size_t y = 0; y < input_.height; ++y) {
    const std::size_t row = input_.height - 1 - y;  // low to high
    const double multiple =
        std::max(1.0, std::round((lowest_hz_ + bin_hz_ * double(row)) / hz));
    const double away = std::fabs(double(row) - position(multiple * hz));
    const float share = multiple > double(kMultiples)
                            ? 0.0f
                            : float(std::max(0.0, 1 - away / kToothRows));
    for (std::size_t x = 0; x < input_.width; ++x) {
      const std::size_t i = y * input_.width + x;
      out[band_of_[row] * area + i] = input[i];
      teeth[i] = share * input[i];
      others[i] = (1 - share) * input[i];
    }
  }
}

}  // namespace sonar::nn
