/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>

namespace sonar::dsp {

/** The level of digital silence; no level is below it. */
constexpr float kSilenceDb = -200.0f;

/** 10 log10 of each power to within 3e-5 dB, never below kSilenceDb. @p power
 *  and @p db may be the same. */
void power_to_db(const float *power, std::size_t count, float *db);
/** 10^(level / 10) of each level to within 4e-6 of itself; levels are finite,
 *  those beyond +-370 dB count as that. @p db and @p power may be the same. */
void db_to_power(const float *db, std::size_t count, float *power);

/** 16-bit pixel of a dB value: 0 at @p floor_db, 65535 at floor + range,
 *  clamped, rounded to nearest. */
std::uint16_t encode_db(float db, double floor_db, double range_db) noexcept;
/** The same for @p count values. */
void encode_db(const float *db, std::size_t count, double floor_db,
               double range_db, std::uint16_t *pixels) noexcept;
/** The dB value of a 16-bit pixel: what trainer and elements both see. */
inline float decode_db(std::uint16_t pixel, double floor_db,
                       double range_db) noexcept {
  return float(floor_db + range_db * pixel / 65535.0);
}

}  // namespace sonar::dsp
