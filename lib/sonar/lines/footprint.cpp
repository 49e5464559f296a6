/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/footprint.h"

#include <algorithm>
#include <cmath>

#include "sonar/core/clones.h"
#include "sonar/dsp/level.h"
#include "sonar/lines/evidence.h"

namespace sonar::lines {
namespace {

constexpr float kLeastPower = 1e-4f;
/* What lies this far under a line's peak is the window's skirt: of a strong
 * line it would be audible over noise, and two bins from where the line is. */
constexpr float kSkirtDb = 13;
constexpr std::size_t kPeakRows = 3;  // on either side

SONAR_CLONES void raise(const float *__restrict by, std::size_t count,
                        float *__restrict top) {
  for (std::size_t x = 0; x < count; ++x)
    top[x] = by[x] > top[x] ? by[x] : top[x];
}

/* Log odds of a row's pixels, as dB of the odds against. */
SONAR_CLONES void odds_against(const float *__restrict snr,
                               const float *__restrict peak, std::size_t count,
                               float *__restrict db) {
  constexpr float kThreeQuartersDb = -4.5f, kWidthDb = 1.5f;
  constexpr float kLogOdds = 1.09861229f;  // of 0.75
  constexpr float kDbPerNeper = 4.34294482f;
  for (std::size_t x = 0; x < count; ++x) {
    const float skirt = peak[x] - kSkirtDb;
    const float least = skirt > kThreeQuartersDb ? skirt : kThreeQuartersDb;
    db[x] = -kDbPerNeper * ((snr[x] - least) / kWidthDb + kLogOdds);
  }
}
SONAR_CLONES void to_share(float *against, std::size_t count) {
  for (std::size_t x = 0; x < count; ++x) against[x] = 1 / (1 + against[x]);
}

/* Largest value within kPeakRows of each row. */
Image local_peak(const Image &of) {
  Image out = of;
  for (std::size_t y = 0; y < of.height(); ++y)
    for (std::size_t d = 1; d <= kPeakRows; ++d) {
      if (y >= d) raise(of.row(y - d), of.width(), out.row(y));
      if (y + d < of.height()) raise(of.row(y + d), of.width(), out.row(y));
    }
  return out;
}

}  // namespace

float power_db(float power) {
  return 10 * std::log10(std::max(power, kLeastPower));
}

Image footprint_db(const std::vector<Track> &tracks, const Recipe &recipe,
                   ColumnRange valid) {
  const int height = recipe.height();
  Image snr(std::size_t(height), std::size_t(recipe.width), kLeastPower);
  const double ratio = double(recipe.evidence_fft_size) / recipe.fft_size;
  const int top_bin = recipe.first_bin() + height - 1;
  for (const Track &track : tracks)
    for (std::size_t t = 0; t < track.frequency.size(); ++t) {
      const double f = track.frequency[t] / ratio;
      const double a = double(track.power[t]) / ratio;
      for (int k = int(std::ceil(f - 2)); k <= int(std::floor(f + 2)); ++k) {
        const int y = top_bin - k;
        if (y < 0 || y >= height) continue;
        float &out = snr.at(std::size_t(y), valid.begin + t);
        out = std::max(out, float(a * hann_response(k - f)));
      }
    }
  dsp::power_to_db(snr.data(), snr.size(), snr.data());
  return snr;
}

Image footprint_confidence(const Image &snr, ColumnRange valid) {
  const Image peak = local_peak(snr);
  Image out(snr.height(), snr.width());
  for (std::size_t y = 0; y < snr.height(); ++y) {
    float *row = out.row(y) + valid.begin;
    odds_against(snr.row(y) + valid.begin, peak.row(y) + valid.begin,
                 valid.count(), row);
    dsp::db_to_power(row, valid.count(), row);
    to_share(row, valid.count());
  }
  return out;
}

}  // namespace sonar::lines
