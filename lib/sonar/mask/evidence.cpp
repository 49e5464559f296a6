/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/mask/evidence.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sonar/core/error.h"
#include "sonar/mask/confidence.h"

namespace sonar::mask {
namespace {

/* 12 dB: one click or loud call must not carry a whole window. */
constexpr float kPowerCap = 16.0f;
constexpr double kLeastPower = 1e-30;  // -300 dB, so that the log is finite
constexpr std::size_t kLeastMedianColumns = 8;

}  // namespace

Image line_evidence(const Image &value_db, ColumnRange valid, int half_width) {
  require_valid("line evidence", value_db, valid);
  if (half_width < 0)
    throw Error(Errc::kBadArgument,
                "line evidence needs a half width of at least 0 columns, got " +
                    std::to_string(half_width));
  const std::size_t reach = std::size_t(half_width);
  Image out(value_db.height(), value_db.width());
  std::vector<float> power(valid.count());
  for (std::size_t y = 0; y < out.height(); ++y) {
    for (std::size_t x = 0; x < power.size(); ++x)
      power[x] = std::min(
          std::pow(10.0f, 0.1f * value_db.at(y, valid.begin + x)), kPowerCap);
    /* Summed anew for each pixel: a running sum would cancel badly where a
     * loud pixel leaves the window of quiet ones. */
    for (std::size_t x = 0; x < power.size(); ++x) {
      const std::size_t begin = x - std::min(x, reach);
      const std::size_t end = std::min(power.size() - 1 - x, reach) + x + 1;
      double sum = 0;
      for (std::size_t i = begin; i < end; ++i) sum += power[i];
      out.at(y, valid.begin + x) = float(
          10.0 * std::log10(std::max(sum / double(end - begin), kLeastPower)));
    }
  }
  return out;
}

Image excess_over_median(const Image &value_db, const Image &background_db,
                         ColumnRange valid) {
  require_valid("the level over its median", value_db, valid);
  require_background(value_db, background_db);
  Image out(value_db.height(), value_db.width());
  if (valid.count() < kLeastMedianColumns) return out;
  std::vector<float> sorted;
  for (std::size_t y = 0; y < out.height(); ++y) {
    float *level = out.row(y);
    for (std::size_t x = valid.begin; x < valid.end; ++x)
      level[x] = value_db.at(y, x) +
                 (background_db.empty() ? 0.0f : background_db.at(y, x));
    sorted.assign(level + valid.begin, level + valid.end);
    const float middle = median(sorted);
    for (std::size_t x = valid.begin; x < valid.end; ++x) level[x] -= middle;
  }
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
    for (std::size_t x = valid.begin; x < valid.end; ++x) {
      const float line_term = (out.at(y, x) - 1.5f) / 0.5f;
      out.at(y, x) = operating_confidence(std::min(gate_term, line_term));
    }
  }
  return out;
}

Image blind_confidence(const Image &value_db, const Image &background_db,
                       ColumnRange valid) {
  const float operating_point = std::log(9.0f);
  Image out = line_evidence(value_db, valid, 3);
  const Image excess = excess_over_median(value_db, background_db, valid);
  for (std::size_t y = 0; y < out.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x) {
      const float w = value_db.at(y, x), em = excess.at(y, x);
      const float louder =
          std::max(std::clamp(w, 0.0f, 15.0f), std::clamp(em, 0.0f, 15.0f));
      const float logit = -1.73f + 0.170f * std::clamp(w, -5.0f, 15.0f) +
                          0.093f * std::clamp(out.at(y, x), -2.0f, 12.0f) +
                          0.017f * std::clamp(em, -5.0f, 15.0f) +
                          0.058f * louder;
      out.at(y, x) = sigmoid(logit + operating_point);
    }
  return out;
}

}  // namespace sonar::mask
