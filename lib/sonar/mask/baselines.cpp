/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/baselines.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "sonar/core/error.h"
#include "sonar/mask/confidence.h"

namespace sonar::mask {
namespace {

constexpr float kTpswDb = 5.0f, kMedianDb = 3.0f;
constexpr float kStepDb = 2.0f;  // dB a unit of the logit
constexpr std::size_t kMedianReach = 3, kWienerReach = 7;  // columns
constexpr double kGateDeviations = 1.5;
constexpr double kLeastDeviationDb = 1e-6;  // below it is rounding
constexpr double kGateTimes = 2.0, kGateSlope = 10.0;

using Row = std::vector<double>;

/** Row @p y of value + background, valid columns only. */
Row level_row(const Image &value_db, const Image &background_db,
              ColumnRange valid, std::size_t y) {
  Row out;
  for (std::size_t x = valid.begin; x < valid.end; ++x)
    out.push_back(
        double(value_db.at(y, x)) +
        (background_db.empty() ? 0.0 : double(background_db.at(y, x))));
  return out;
}

/** Mean of the values at most @p reach columns away. */
double mean_around(const Row &row, std::size_t x, std::size_t reach) {
  const std::size_t begin = x - std::min(x, reach);
  const std::size_t end = std::min(row.size(), x + reach + 1);
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum += row[i];
  return sum / double(end - begin);
}

/** s += share (x - s) from the first value to the last. */
void smooth_forward(Row &row, double share) {
  for (std::size_t x = 1; x < row.size(); ++x)
    row[x] = row[x - 1] + share * (row[x] - row[x - 1]);
}

/** The share whose forward and backward pass has the time constant; the
 *  formula of noisereduce. */
double exponential_share(double columns) {
  const double square = columns * columns;
  return (std::sqrt(1 + 4 * square) - 1) / (2 * square);
}

}  // namespace

Image threshold_confidence(const Image &value_db, ColumnRange valid,
                           float operating_point_db) {
  require_valid("a threshold", value_db, valid);
  Image out(value_db.height(), value_db.width());
  for (std::size_t y = 0; y < out.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x)
      out.at(y, x) = operating_confidence(
          (value_db.at(y, x) - operating_point_db) / kStepDb);
  return out;
}

Image tpsw_confidence(const Image &value_db, ColumnRange valid) {
  return threshold_confidence(value_db, valid, kTpswDb);
}

Image median_confidence(const Image &value_db, ColumnRange valid) {
  require_valid("a median", value_db, valid);
  Image smooth(value_db.height(), value_db.width());
  std::vector<float> window;
  for (std::size_t y = 0; y < smooth.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x) {
      const std::size_t begin = x - std::min(x - valid.begin, kMedianReach);
      const std::size_t end = std::min(valid.end, x + kMedianReach + 1);
      window.assign(value_db.row(y) + begin, value_db.row(y) + end);
      smooth.at(y, x) = median(window);
    }
  return threshold_confidence(smooth, valid, kMedianDb);
}

Image wiener_confidence(const Image &value_db, ColumnRange valid) {
  require_valid("a Wiener gain", value_db, valid);
  Image out(value_db.height(), value_db.width());
  Row power(valid.count());
  for (std::size_t y = 0; y < out.height(); ++y) {
    for (std::size_t x = 0; x < power.size(); ++x)
      power[x] = std::pow(10.0, 0.1 * double(value_db.at(y, valid.begin + x)));
    for (std::size_t x = 0; x < power.size(); ++x) {
      const double mean = mean_around(power, x, kWienerReach);
      const double gain = mean > 1 ? 1 - 1 / mean : 0.0;
      out.at(y, valid.begin + x) = float(3 * gain / (1 + 2 * gain));
    }
  }
  return out;
}

Image stationary_gate_confidence(const Image &value_db,
                                 const Image &background_db,
                                 ColumnRange valid) {
  require_valid("a spectral gate", value_db, valid);
  require_background(value_db, background_db);
  Image out(value_db.height(), value_db.width());
  for (std::size_t y = 0; y < out.height() && valid.count() > 0; ++y) {
    const Row level = level_row(value_db, background_db, valid, y);
    double mean = 0, square = 0;
    for (const double v : level) mean += v / double(level.size());
    for (const double v : level)
      square += (v - mean) * (v - mean) / double(level.size());
    const double deviation = std::sqrt(square);
    for (std::size_t x = 0; x < level.size(); ++x) {
      const double deviations =
          deviation > kLeastDeviationDb ? (level[x] - mean) / deviation : 0.0;
      out.at(y, valid.begin + x) =
          operating_confidence(float(deviations - kGateDeviations));
    }
  }
  return out;
}

Image nonstationary_gate_confidence(const Image &value_db,
                                    const Image &background_db,
                                    ColumnRange valid,
                                    double time_constant_columns) {
  require_valid("a spectral gate", value_db, valid);
  require_background(value_db, background_db);
  if (!(time_constant_columns > 0))
    throw Error(Errc::kBadArgument,
                "a spectral gate needs a time constant above 0 columns, got " +
                    std::to_string(time_constant_columns));
  const double share = exponential_share(time_constant_columns);
  Image out(value_db.height(), value_db.width());
  for (std::size_t y = 0; y < out.height(); ++y) {
    Row amplitude = level_row(value_db, background_db, valid, y);
    for (double &v : amplitude) v = std::pow(10.0, 0.05 * v);
    Row floor = amplitude;
    for (int pass = 0; pass < 2; ++pass) {
      smooth_forward(floor, share);
      std::reverse(floor.begin(), floor.end());
    }
    for (std::size_t x = 0; x < floor.size(); ++x) {
      const double over =
          floor[x] > 0 ? (amplitude[x] - floor[x]) / floor[x] : 0.0;
      out.at(y, valid.begin + x) =
          operating_confidence(float(kGateSlope * (over - kGateTimes)));
    }
  }
  return out;
}

}  // namespace sonar::mask
