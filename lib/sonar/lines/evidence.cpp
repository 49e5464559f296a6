/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/evidence.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "sonar/core/error.h"
#include "sonar/dsp/level.h"

namespace sonar::lines {
namespace {

constexpr float kNoiseMedian =
    0.69314718f;  // of exponentially distributed power
constexpr float kLeastMedian = 0.9f;
constexpr float kProfileCap = 100, kMapCap = 400;
constexpr float kProfileLowDb = -1, kProfileHighDb = 20;
constexpr float kMeritCap = 12, kMeritOffset = 0.55f;

float median_of(std::vector<float> &values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/* A column of a click or of a level step stands above its background in all
 * bins at once; no line does. */
void divide_by_median(Image &power) {
  std::vector<float> column(power.height());
  std::vector<float> divisor(power.width());
  for (std::size_t x = 0; x < power.width(); ++x) {
    for (std::size_t y = 0; y < column.size(); ++y) column[y] = power.at(y, x);
    divisor[x] = 1 / std::max(kLeastMedian, median_of(column) / kNoiseMedian);
  }
  for (std::size_t y = 0; y < power.height(); ++y)
    for (std::size_t x = 0; x < power.width(); ++x)
      power.at(y, x) *= divisor[x];
}

}  // namespace

double hann_response(double d) {
  constexpr double kPi = 3.14159265358979323846;
  d = std::abs(d);
  if (d < 1e-9) return 1;
  if (std::abs(d - 1) < 1e-9) return 0.25;
  const double amplitude = std::sin(kPi * d) / (kPi * d) / (1 - d * d);
  return amplitude * amplitude;
}

Evidence make_evidence(const Image &fine_db, ColumnRange valid, double bin_hz) {
  if (fine_db.empty() || valid.count() == 0 || valid.end > fine_db.width())
    throw Error(Errc::kBadArgument,
                "line evidence needs columns inside a fine spectrum, got " +
                    std::to_string(valid.begin) + " to " +
                    std::to_string(valid.end) + " of " + shape_text(fine_db) +
                    " (bins x columns)");
  Evidence out{Image(fine_db.height(), valid.count()), bin_hz};
  constexpr float kLnPerDb = 0.23025851f;
  for (std::size_t k = 0; k < out.bins(); ++k) {
    const float *from = fine_db.row(fine_db.height() - 1 - k) + valid.begin;
    float *to = out.power.row(k);
    for (std::size_t x = 0; x < valid.count(); ++x)
      to[x] = std::exp(kLnPerDb * from[x]);
  }
  divide_by_median(out.power);
  return out;
}

std::vector<float> mean_profile(const Evidence &evidence) {
  std::vector<float> profile(evidence.bins());
  for (std::size_t k = 0; k < profile.size(); ++k) {
    const float *row = evidence.power.row(k);
    float sum = 0;
    for (std::size_t x = 0; x < evidence.columns(); ++x)
      sum += std::min(row[x], kProfileCap);
    profile[k] = sum / float(evidence.columns());
  }
  dsp::power_to_db(profile.data(), profile.size(), profile.data());
  for (float &p : profile) p = std::clamp(p, kProfileLowDb, kProfileHighDb);
  std::vector<float> sorted = profile;
  const float median = median_of(sorted);
  for (float &p : profile) p -= median;
  return profile;
}

LineMap::LineMap(const Evidence &evidence,
                 const std::vector<CommonLine> &common) {
  const auto last = double(evidence.bins()) - 1.5;
  if (last < kLowestBin)
    throw Error(Errc::kBadArgument,
                "lines need a fine spectrum of at least 10 bins, got " +
                    std::to_string(evidence.bins()));
  const std::size_t rows = std::size_t(2 * (last - kLowestBin)) + 1;
  const std::size_t columns = evidence.columns();
  values_ = Image(rows, columns);
  merits_ = Image(rows, columns);
  Image excess = evidence.power;
  for (std::size_t i = 0; i < excess.size(); ++i)
    excess.data()[i] = std::min(excess.data()[i], kMapCap) - 1;
  for (std::size_t i = 0; i < rows; ++i) {
    const double g = kLowestBin + double(i) / 2;
    const int first = int(std::ceil(g - 1.75)), end = int(std::floor(g + 1.75));
    double energy = 0;
    for (int k = first; k <= end; ++k)
      energy += hann_response(k - g) * hann_response(k - g);
    float *out = values_.row(i), *merit = merits_.row(i);
    for (int k = first; k <= end; ++k) {
      const float weight = float(hann_response(k - g) / energy);
      const float *in = excess.row(std::size_t(k - 1));  // row 0 is bin 1
      for (std::size_t x = 0; x < columns; ++x) out[x] += weight * in[x];
    }
    if (is_covered(common, g)) continue;
    for (std::size_t x = 0; x < columns; ++x)
      merit[x] = 1 + std::clamp(out[x], 0.0f, kMeritCap);
    dsp::power_to_db(merit, columns, merit);
    for (std::size_t x = 0; x < columns; ++x)
      merit[x] = merit[x] * 0.23025851f - kMeritOffset;
  }
}

LineMap::Place LineMap::place(const Image &of, double frequency) {
  const double i =
      std::clamp(2 * (frequency - kLowestBin), 0.0, double(of.height() - 1));
  const std::size_t below = std::min(std::size_t(i), of.height() - 2);
  return {of.row(below), of.row(below + 1), float(i - double(below))};
}

}  // namespace sonar::lines
