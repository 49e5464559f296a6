/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/propulsion/recording.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "sonar/core/error.h"
#include "sonar/dsp/decimator.h"
#include "sonar/dsp/demon.h"

namespace sonar::models {
namespace {

constexpr double kShortestSeconds = 2.0;

dsp::DemonConfig config_of(const DemonOptions &o, double seconds) {
  dsp::DemonConfig c;
  c.envelope.rate_hz = o.rate_hz;
  c.envelope.min_frequency_hz = o.min_frequency_hz;
  c.envelope.max_frequency_hz = o.max_frequency_hz;
  c.envelope.sub_bands = std::size_t(o.sub_bands);
  c.envelope.square_law = o.square_law;
  const double lowest_rate = 2.0 * o.highest_hz / dsp::kPassBand;
  c.envelope.factor =
      std::max<std::size_t>(1, std::size_t(o.rate_hz / lowest_rate));
  const double window = std::min(1.0 / o.resolution_hz, seconds);
  const double rate = o.rate_hz / double(c.envelope.factor);
  c.stft.fft_size = std::size_t(window * rate / 2.0 + 1e-9) * 2;
  c.stft.hop_size = c.stft.fft_size / 2;
  return c;
}

}  // namespace

DemonSpectrum demon_spectrum(const std::vector<float> &samples,
                             const DemonOptions &options) {
  const double seconds = double(samples.size()) / options.rate_hz;
  if (seconds < kShortestSeconds) {
    char got[32];
    std::snprintf(got, sizeof got, "%.3g", seconds);
    throw Error(Errc::kBadArgument,
                std::string("DEMON spectrum got ") + got +
                    " s of sound, it needs at least 2 s to tell shaft rates "
                    "apart; take a longer recording.");
  }
  const dsp::DemonConfig config = config_of(options, seconds);
  dsp::Demon demon(config);
  demon.push(samples.data(), samples.size());
  demon.drain();
  std::vector<float> column(demon.bins());
  std::vector<double> sum(demon.bins());
  std::size_t columns = 0;
  for (; demon.pop(column.data()); ++columns)
    std::transform(sum.begin(), sum.end(), column.begin(), sum.begin(),
                   [](double s, float p) { return s + double(p); });
  DemonSpectrum out;
  out.bin_hz = config.envelope.rate_hz / double(config.envelope.factor) /
               double(config.stft.fft_size);
  for (const double s : sum) out.power.push_back(float(s / double(columns)));
  return out;
}

}  // namespace sonar::models
