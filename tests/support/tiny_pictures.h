/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <cstdint>

#include "sonar/core/image.h"
#include "sonar/core/recipe.h"
#include "support/testing.h"

/* Pictures of 16 x 16 pixels whose every number is round: a column lasts
 * 15.625 ms, a row 32 Hz, and a 16-bit pixel counts thousandths of a dB from 0
 * up. */
namespace sonar::testing {

constexpr unsigned kTiny = 16;  ///< columns and rows

inline Recipe tiny_recipe() {
  Recipe r;
  r.rate_hz = 1024;
  r.fft_size = 32;
  r.hop_size = 16;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 32;
  r.max_frequency_hz = 512;  // row y is centred at (16 - y) * 32 Hz
  r.width = int(kTiny);
  r.advance = int(kTiny);
  r.floor_db = 0;
  r.range_db = 65.535;
  return r;
}

/** White noise from -@p amplitude to @p amplitude, the same on any machine. */
inline std::vector<float> noise(std::size_t count, double amplitude = 0.1,
                                std::uint32_t seed = 1) {
  std::vector<float> samples(count);
  std::uint64_t state = seed;
  for (float &sample : samples) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    sample = float(amplitude * (double(state >> 40) / double(1 << 23) - 1));
  }
  return samples;
}

/** @p value as a reader of the frame's 16-bit pixels sees it. */
inline Image tiny_decoded(Image value) {
  for (std::size_t i = 0; i < value.size(); ++i)
    value.data()[i] =
        float(0.0 + std::lround(value.data()[i] * 1000) * (65.535 / 65535));
  return value;
}

inline void assert_text(const std::string &got, const std::string &want) {
  ck_assert_msg(got == want, "got\n%s\nwant\n%s", got.c_str(), want.c_str());
}

/** Noise of 0 to 2 dB with a steady line of @p line_db in @p row. */
inline Image tiny_line(std::size_t row, float line_db = 12,
                       std::uint32_t seed = 1) {
  Image image(kTiny, kTiny);
  const std::vector<float> level = noise(image.size(), 1, seed);
  for (std::size_t i = 0; i < image.size(); ++i)
    image.data()[i] = std::round((level[i] + 1) * 1000) / 1000;
  std::fill_n(image.row(row), kTiny, line_db);
  return image;
}

}  // namespace sonar::testing
