/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/level.h"

#include <algorithm>
#include <cstring>

#include "sonar/core/clones.h"

namespace sonar::dsp {
namespace {

/* Non-negative floats order like their bits and negative ones have negative
 * bits: limits are set on integers, which the compiler vectorises where a chain
 * of float comparisons keeps it from doing so. */
std::int32_t bits_of(float value) {
  std::int32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

float float_of(std::int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

constexpr std::int32_t kJustBelowSilence = 0x1e3ce000;  // 0.9999e-20
constexpr std::int32_t kLargestPixelBits = 0x477fff00;  // 65535
constexpr float kLargestPixel = 65535.0f;

/* 10 log10 without a call, so that loops over it vectorise: p = 2^e * m with m
 * in [sqrt(1/2), sqrt(2)), and ln m = 2 atanh(s) with s = (m - 1) / (m + 1),
 * |s| < 0.172, whose series is cut after s^7 with less than 2e-7 dB. */
float decibels(float p) {
  constexpr std::int32_t kSqrtHalf = 0x3f3504f3;
  constexpr std::int32_t kExponentStep = 1 << 23;
  constexpr float kDbPerOctave = 3.01029996f, kDbPerNeper = 4.34294482f;
  const std::int32_t bits = std::max(bits_of(p), kJustBelowSilence);
  const std::int32_t e = (bits - kSqrtHalf) >> 23;
  const float m = float_of(bits - e * kExponentStep);
  const float s = (m - 1.0f) / (m + 1.0f), q = s * s;
  const float series = 1.0f + q * (1.0f / 3 + q * (1.0f / 5 + q * (1.0f / 7)));
  const float db = float(e) * kDbPerOctave + 2.0f * kDbPerNeper * s * series;
  return db > kSilenceDb ? db : kSilenceDb;
}

/* The way back, without a call either: 10^(db / 10) = 2^(e + f) with |f| <= 1/2
 * and the series of exp cut after the sixth power of f ln 2. */
float power_of(float db) {
  constexpr float kOctavesPerDb = 0.332192809f, kLn2 = 0.693147181f;
  constexpr float kLargestDb = 370.0f;
  constexpr std::int32_t kOne = 0x3f800000, kExponentStep = 1 << 23;
  const float limited = std::min(std::max(db, -kLargestDb), kLargestDb);
  const float octaves = limited * kOctavesPerDb;
  /* truncation rounds to nearest where the number is above 0 */
  const std::int32_t e = std::int32_t(octaves + 128.5f) - 128;
  const float x = (octaves - float(e)) * kLn2;
  const float series =
      1 + x * (1 + x * (1.0f / 2 +
                        x * (1.0f / 6 +
                             x * (1.0f / 24 + x * (1.0f / 120 + x / 720)))));
  return series * float_of(kOne + e * kExponentStep);
}

std::uint16_t to_pixel(float db, float floor_db, float scale) {
  const std::int32_t bits = bits_of((db - floor_db) * scale);
  const float pixel =
      float_of(std::min(std::max(bits, std::int32_t(0)), kLargestPixelBits));
  return std::uint16_t(std::int32_t(pixel + 0.5f));
}

float pixels_per_db(double range_db) { return float(kLargestPixel / range_db); }

}  // namespace

SONAR_CLONES void power_to_db(const float *power, std::size_t count,
                              float *db) {
  for (std::size_t i = 0; i < count; ++i) db[i] = decibels(power[i]);
}

SONAR_CLONES void db_to_power(const float *db, std::size_t count,
                              float *power) {
  for (std::size_t i = 0; i < count; ++i) power[i] = power_of(db[i]);
}

std::uint16_t encode_db(float db, double floor_db, double range_db) noexcept {
  return to_pixel(db, float(floor_db), pixels_per_db(range_db));
}

SONAR_CLONES void encode_db(const float *db, std::size_t count, double floor_db,
                            double range_db, std::uint16_t *pixels) noexcept {
  const float floor = float(floor_db), scale = pixels_per_db(range_db);
  for (std::size_t i = 0; i < count; ++i)
    pixels[i] = to_pixel(db[i], floor, scale);
}

}  // namespace sonar::dsp
