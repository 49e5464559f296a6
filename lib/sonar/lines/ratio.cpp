/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/ratio.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "sonar/lines/likelihood.h"
#include "sonar/lines/statistics.h"

namespace sonar::lines {
namespace {

constexpr int kLargestShift = 130;  // steps
constexpr std::size_t kShifts = 2 * kLargestShift + 1;
/* Places of the correlation that are judged by likelihood. */
constexpr std::size_t kJudged = 6;
/* A profile counts up to here: one strong line must not outweigh a comb. */
constexpr float kProfileCapDb = 9, kNoiseOffsetDb = 0.3f;
/* Half width of a tooth: a bin, or what a speed that wanders smears. */
constexpr double kToothBins = 0.9, kToothRelative = 0.0015;
constexpr double kNotchBins = 1.6;
/* The prior of the ratio is wider than the training's. */
constexpr double kPriorWidth = 1.3;
/* of the prior against the correlation's noise */
constexpr double kPriorWeight = 0.25;

double place_of(const Line &line, double log_ratio) {
  return line.moving ? line.frequency * std::exp(log_ratio) : line.frequency;
}

/* The largest level within the uncertainty of a line's place. */
float profile_level(const std::vector<float> &profile, const Line &line,
                    double f) {
  const double reach =
      line.moving ? std::max(0.6, 0.002 * f) : std::max(0.8, 0.004 * f);
  return std::max({between_bins(profile, f - reach), between_bins(profile, f),
                   between_bins(profile, f + reach)});
}

/* Blanks the bins of a line that is no evidence of a speed. */
void notch(std::vector<float> &excess, double frequency) {
  const int first = std::max(1, int(std::ceil(frequency - kNotchBins)));
  const int last = std::min(int(excess.size()), int(frequency + kNotchBins));
  for (int k = first; k <= last; ++k)
    excess[std::size_t(k - 1)] = -kNoiseOffsetDb;
}

}  // namespace

double ratio_log_prior(const ClassLines &of, double log_ratio) {
  const double z = log_ratio / (kPriorWidth * of.ratio_sd);
  return -0.5 * z * z;
}

RatioSearch::RatioSearch(const ClassLines &of,
                         const std::vector<CommonLine> &common,
                         std::size_t bins)
    : of_(of), common_(common), axis_(bins), norm_(kShifts) {
  const std::ptrdiff_t size = std::ptrdiff_t(axis_.size());
  std::vector<double> energy(kShifts);
  for (const Line &line : of.lines) {
    if (!line.moving) continue;
    const double sd = std::max(kToothBins, kToothRelative * line.frequency);
    Tooth tooth;
    for (std::size_t i = 0; i < axis_.size(); ++i) {
      const double z = (axis_.bin(i) - line.frequency) / sd;
      if (std::abs(z) > 3) continue;
      if (tooth.shape.empty()) tooth.first = i;
      tooth.shape.push_back(float(line.height_db * std::exp(-0.5 * z * z)));
    }
    if (tooth.shape.empty()) continue;
    for (std::size_t s = 0; s < kShifts; ++s)
      for (std::size_t i = 0; i < tooth.shape.size(); ++i) {
        const std::ptrdiff_t u =
            std::ptrdiff_t(tooth.first + i + s) - kLargestShift;
        if (u >= 0 && u < size)
          energy[s] += axis_.bin(std::size_t(u)) * double(tooth.shape[i]) *
                       double(tooth.shape[i]);
      }
    comb_.push_back(std::move(tooth));
  }
  for (std::size_t s = 0; s < kShifts; ++s)
    norm_[s] = energy[s] > 0 ? float(1 / std::sqrt(energy[s])) : 0.0f;
}

/* Weighted by frequency: low lines are as wide as a bin and fit every ratio. */
std::vector<float> RatioSearch::correlate(
    const std::vector<float> &profile) const {
  std::vector<float> excess(profile.size());
  for (std::size_t k = 0; k < profile.size(); ++k)
    excess[k] = std::clamp(profile[k], 0.0f, kProfileCapDb) - kNoiseOffsetDb;
  for (const Line &line : of_.lines)
    if (!line.moving) notch(excess, line.frequency);
  for (const CommonLine &line : common_) notch(excess, line.frequency);
  /* 0 beyond the axis' ends */
  std::vector<float> padded(axis_.size() + 2 * kLargestShift);
  for (std::size_t i = 0; i < axis_.size(); ++i)
    padded[i + kLargestShift] =
        float(axis_.bin(i)) * between_bins(excess, axis_.bin(i));
  std::vector<float> sum(kShifts);
  for (const Tooth &tooth : comb_)
    for (std::size_t i = 0; i < tooth.shape.size(); ++i) {
      const float *at = padded.data() + tooth.first + i;
      for (std::size_t s = 0; s < kShifts; ++s)
        sum[s] += tooth.shape[i] * at[s];
    }
  for (std::size_t s = 0; s < kShifts; ++s) sum[s] *= norm_[s];
  return sum;
}

std::vector<int> RatioSearch::best_shifts(std::vector<float> c) const {
  const float noise = kMadToSd * median_distance(c, median_of(c));
  const double sd = kPriorWidth * of_.ratio_sd / kLogStep;
  for (int s = -kLargestShift; s <= kLargestShift; ++s)
    c[std::size_t(s + kLargestShift)] -=
        float(kPriorWeight * double(noise) * (s / sd) * (s / sd));
  std::vector<int> peaks;
  for (std::size_t i = 0; i < kShifts; ++i)
    if ((i == 0 || c[i] > c[i - 1]) && (i + 1 == kShifts || c[i] >= c[i + 1]))
      peaks.push_back(int(i) - kLargestShift);
  std::sort(peaks.begin(), peaks.end(), [&](int a, int b) {
    return c[std::size_t(a + kLargestShift)] >
           c[std::size_t(b + kLargestShift)];
  });
  if (peaks.size() > kJudged) peaks.resize(kJudged);
  return peaks;
}

double RatioSearch::operator()(const std::vector<float> &profile,
                               const LevelDensity &background) const {
  if (comb_.empty()) return 0;
  double best = 0, top = 0;
  bool first = true;
  for (const int shift : best_shifts(correlate(profile))) {
    const double log_ratio = shift * kLogStep;
    std::vector<Reading> readings;
    for (const Line &line : of_.lines) {
      const double f = place_of(line, log_ratio);
      readings.push_back({profile_level(profile, line, f), std::nullopt,
                          is_covered(common_, f)});
    }
    const double value = likelihood(of_, readings, background).evidence +
                         ratio_log_prior(of_, log_ratio);
    if (!first && value <= top) continue;
    first = false;
    top = value;
    best = log_ratio;
  }
  return best;
}

}  // namespace sonar::lines
