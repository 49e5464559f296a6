/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/evidence.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sonar/core/clones.h"
#include "sonar/core/error.h"
#include "sonar/dsp/level.h"
#include "sonar/mask/confidence.h"
#include "sonar/mask/row_medians.h"

namespace sonar::mask {
namespace {

/* 12 dB: one click or loud call must not carry a whole window. */
constexpr float kPowerCap = 16.0f;
constexpr std::size_t kLeastMedianColumns = 8;

SONAR_CLONES void cap(float *power, std::size_t count) {
  for (std::size_t x = 0; x < count; ++x)
    power[x] = power[x] < kPowerCap ? power[x] : kPowerCap;
}

/* Summed anew for each pixel: a running sum would cancel badly where a loud
 * pixel leaves the window of quiet ones. */
SONAR_CLONES void mean_around(const float *__restrict power, std::size_t window,
                              const double *__restrict share, std::size_t count,
                              double *__restrict sum, float *__restrict mean) {
  for (std::size_t x = 0; x < count; ++x) sum[x] = 0;
  for (std::size_t i = 0; i < window; ++i)
    for (std::size_t x = 0; x < count; ++x) sum[x] += double(power[x + i]);
  for (std::size_t x = 0; x < count; ++x) mean[x] = float(sum[x] * share[x]);
}

/* exp(-(x + offset)) as a power. */
SONAR_CLONES void to_decibels(float *odds, std::size_t count, float offset) {
  constexpr float kDbPerNeper = 4.34294482f;
  for (std::size_t x = 0; x < count; ++x)
    odds[x] = -kDbPerNeper * (odds[x] + offset);
}
SONAR_CLONES void share_of_odds(float *against, std::size_t count) {
  for (std::size_t x = 0; x < count; ++x) against[x] = 1 / (1 + against[x]);
}

/* The logistic function of each value plus @p offset, in place. */
void to_confidence(float *odds, std::size_t count, float offset) {
  to_decibels(odds, count, offset);
  dsp::db_to_power(odds, count, odds);
  share_of_odds(odds, count);
}

/* By value: the references of std::clamp keep loops from being vectorised. */
inline float limited(float value, float low, float high) {
  value = value > low ? value : low;
  return value < high ? value : high;
}

/* The log odds that a row's pixels are signal; the smoothed level comes in
 * @p odds. */
SONAR_CLONES void blind_log_odds(const float *__restrict value,
                                 const float *__restrict excess,
                                 std::size_t count, float *__restrict odds) {
  for (std::size_t x = 0; x < count; ++x) {
    const float w = value[x], em = excess[x];
    const float loud = limited(w, 0.0f, 15.0f), rare = limited(em, 0.0f, 15.0f);
    const float louder = loud < rare ? rare : loud;
    odds[x] = -1.73f + 0.170f * limited(w, -5.0f, 15.0f) +
              0.093f * limited(odds[x], -2.0f, 12.0f) +
              0.017f * limited(em, -5.0f, 15.0f) + 0.058f * louder;
  }
}

}  // namespace

Image line_evidence(const Image &value_db, ColumnRange valid, int half_width) {
  require_valid("line evidence", value_db, valid);
  if (half_width < 0)
    throw Error(Errc::kBadArgument,
                "line evidence needs a half width of at least 0 columns, got " +
                    std::to_string(half_width));
  const std::size_t reach = std::size_t(half_width), count = valid.count();
  Image out(value_db.height(), value_db.width());
  std::vector<float> power(count + 2 * reach);  // 0 beyond the valid columns
  std::vector<double> share(count), sum(count);
  for (std::size_t x = 0; x < count; ++x)
    share[x] =
        1 / double(std::min(x, reach) + std::min(count - 1 - x, reach) + 1);
  for (std::size_t y = 0; y < out.height(); ++y) {
    const float *value = value_db.row(y) + valid.begin;
    float *evidence = out.row(y) + valid.begin;
    dsp::db_to_power(value, count, power.data() + reach);
    cap(power.data() + reach, count);
    mean_around(power.data(), 2 * reach + 1, share.data(), count, sum.data(),
                evidence);
    dsp::power_to_db(evidence, count, evidence);
  }
  return out;
}

Image excess_over_median(const Image &value_db, const Image &background_db,
                         ColumnRange valid) {
  require_valid("the level over its median", value_db, valid);
  require_background(value_db, background_db);
  Image out(value_db.height(), value_db.width());
  if (valid.count() < kLeastMedianColumns) return out;
  for (std::size_t y = 0; y < out.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x)
      out.at(y, x) = value_db.at(y, x) +
                     (background_db.empty() ? 0.0f : background_db.at(y, x));
  const std::vector<float> middle = row_medians(out, valid);
  for (std::size_t y = 0; y < out.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x)
      out.at(y, x) -= middle[y];
  return out;
}

Image gated_confidence(const Image &value_db, ColumnRange valid,
                       const std::vector<float> &gate) {
  if (gate.size() != value_db.height())
    throw Error(Errc::kBadArgument,
                "the class gate has " + std::to_string(gate.size()) +
                    " rows, the picture " + std::to_string(value_db.height()) +
                    "; use a model made for this recipe");
  Image out = line_evidence(value_db, valid, 7);
  for (std::size_t y = 0; y < out.height(); ++y) {
    const float gate_term = (gate[y] - 0.12f) / 0.03f;
    float *row = out.row(y) + valid.begin;
    for (std::size_t x = 0; x < valid.count(); ++x) {
      const float line_term = (row[x] - 1.5f) / 0.5f;
      row[x] = std::min(gate_term, line_term);
    }
    to_confidence(row, valid.count(), std::log(3.0f));
  }
  return out;
}

Image blind_confidence(const Image &value_db, const Image &background_db,
                       ColumnRange valid) {
  const float operating_point = std::log(9.0f);
  Image out = line_evidence(value_db, valid, 3);
  const Image excess = excess_over_median(value_db, background_db, valid);
  for (std::size_t y = 0; y < out.height(); ++y) {
    float *row = out.row(y) + valid.begin;
    blind_log_odds(value_db.row(y) + valid.begin, excess.row(y) + valid.begin,
                   valid.count(), row);
    to_confidence(row, valid.count(), operating_point);
  }
  return out;
}

}  // namespace sonar::mask
