/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/lines/select.h"

#include <algorithm>
#include <cmath>

#include "sonar/lines/statistics.h"

namespace sonar::lines {
namespace {

/* A line is of no class when it is about as high in all of them: a generator
 * line of some classes shows faintly in the others, where they pass by. */
constexpr float kCommonDb = 0.5f, kCommonShare = 0.5f;
constexpr double kGridStep = 0.25;  // bins, of the aligned axis

/* When a peak of the contrast is a line. */
constexpr float kLeastHeightDb = 1, kLeastProminenceDb = 0.5f;
constexpr float kOwnShare = 0.35f, kStandardErrors = 2;
/* A fixed line must be this much higher than a moving one to be preferred. */
constexpr double kMovingFirst = 1.1;
constexpr double kSameKindBins = 2.5, kOtherKindBins = 1.6,
                 kOtherKindShare = 0.008;
constexpr std::size_t kMostLines = 64;
constexpr double kLeastRatioSd = 0.004;

struct Mean {
  Spectrum value, error;  // and its standard error
};

Mean mean_and_error(const std::vector<Spectrum> &spectra) {
  Mean out{mean_of(spectra), {}};
  std::vector<double> squares(out.value.size());
  for (const Spectrum &s : spectra)
    for (std::size_t k = 0; k < s.size(); ++k) {
      const double d = double(s[k] - out.value[k]);
      squares[k] += d * d;
    }
  const double n = double(spectra.size());
  for (const double s : squares)
    out.error.push_back(float(std::sqrt(s / n / std::max(n - 1, 1.0))));
  return out;
}

Mean along_aligned_axis(const ClassProfiles &c) {
  const std::size_t bins = c.profiles.front().size();
  const std::size_t steps = std::size_t(
      (LogAxis::highest_bin(bins) - LogAxis::kLowestBin) / kGridStep);
  std::vector<Spectrum> shifted;
  for (std::size_t i = 0; i < c.profiles.size(); ++i) {
    const double ratio = std::exp(c.log_ratio[i]);
    Spectrum s(steps);
    for (std::size_t g = 0; g < steps; ++g)
      s[g] = between_bins(
          c.profiles[i], (LogAxis::kLowestBin + kGridStep * double(g)) * ratio);
    shifted.push_back(std::move(s));
  }
  return mean_and_error(shifted);
}

/* How far a peak stands above the higher of the saddles beside it. */
float prominence(const Spectrum &c, std::size_t peak) {
  float left = c[peak], right = c[peak];
  for (std::size_t i = peak; i-- > 0 && c[i] <= c[peak];)
    left = std::min(left, c[i]);
  for (std::size_t i = peak + 1; i < c.size() && c[i] <= c[peak]; ++i)
    right = std::min(right, c[i]);
  return c[peak] - std::max(left, right);
}

/* Vertex of the parabola through a peak and its neighbours. */
double vertex(const Spectrum &c, std::size_t peak) {
  const double bend = double(c[peak - 1] - 2 * c[peak] + c[peak + 1]);
  const double slope = double(c[peak - 1] - c[peak + 1]);
  return double(peak) + (bend < 0 ? 0.5 * slope / bend : 0);
}

/* Frequencies are @p first + @p step * index bins. */
void add_peaks(const std::vector<Mean> &means, std::size_t of, bool moving,
               double first, double step, std::vector<Line> &out) {
  const Spectrum own = above_median(means[of].value);
  Spectrum contrast = own;
  for (std::size_t other = 0; other < means.size(); ++other) {
    if (other == of) continue;
    const Spectrum theirs = above_median(means[other].value);
    for (std::size_t i = 0; i < contrast.size(); ++i)
      contrast[i] -= theirs[i] / float(means.size() - 1);
  }
  for (std::size_t i = 1; i + 1 < contrast.size(); ++i) {
    const float height = contrast[i];
    if (height < contrast[i - 1] || height <= contrast[i + 1]) continue;
    const float needed = std::max({kLeastHeightDb, kOwnShare * own[i],
                                   kStandardErrors * means[of].error[i]});
    if (height < needed || prominence(contrast, i) < kLeastProminenceDb)
      continue;
    Line line;
    line.frequency = first + step * vertex(contrast, i);
    line.height_db = double(height);
    line.moving = moving;
    out.push_back(line);
  }
}

/* One line a peak: a moving line is a peak along the absolute axis too. */
std::vector<Line> without_doubles(std::vector<Line> candidates) {
  const auto rank = [](const Line &l) {
    return l.moving ? l.height_db * kMovingFirst : l.height_db;
  };
  std::sort(candidates.begin(), candidates.end(),
            [&](const Line &a, const Line &b) { return rank(a) > rank(b); });
  std::vector<Line> kept;
  for (const Line &line : candidates) {
    const bool taken =
        std::any_of(kept.begin(), kept.end(), [&](const Line &k) {
          const double reach =
              k.moving == line.moving
                  ? kSameKindBins
                  : std::max(kOtherKindBins, kOtherKindShare * line.frequency);
          return std::abs(k.frequency - line.frequency) < reach;
        });
    if (!taken && kept.size() < kMostLines) kept.push_back(line);
  }
  return kept;
}

}  // namespace

std::vector<char> common_bins(const std::vector<ClassProfiles> &classes) {
  const std::size_t bins = classes.front().profiles.front().size();
  Spectrum least, most;
  for (const ClassProfiles &c : classes) {
    const Spectrum excess = over_running_median(mean_of(c.profiles));
    if (least.empty()) least = most = excess;
    for (std::size_t k = 0; k < bins; ++k) {
      least[k] = std::min(least[k], excess[k]);
      most[k] = std::max(most[k], excess[k]);
    }
  }
  std::vector<char> common(bins);
  for (std::size_t k = 0; k < bins; ++k)
    common[k] = least[k] > kCommonDb && least[k] > kCommonShare * most[k];
  return common;
}

std::vector<ClassLines> select_lines(
    const std::vector<ClassProfiles> &classes) {
  std::vector<Mean> aligned, absolute;
  for (const ClassProfiles &c : classes) {
    aligned.push_back(along_aligned_axis(c));
    absolute.push_back(mean_and_error(c.profiles));
  }
  const std::size_t bins = absolute.front().value.size();
  std::vector<ClassLines> out;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    std::vector<Line> found;
    add_peaks(aligned, c, true, LogAxis::kLowestBin, kGridStep, found);
    add_peaks(absolute, c, false, 1, 1, found);
    const auto outside = [&](const Line &l) {
      return l.frequency < LogAxis::kLowestBin ||
             l.frequency > LogAxis::highest_bin(bins);
    };
    found.erase(std::remove_if(found.begin(), found.end(), outside),
                found.end());
    ClassLines lines;
    lines.lines = without_doubles(std::move(found));
    const std::vector<float> ratios(classes[c].log_ratio.begin(),
                                    classes[c].log_ratio.end());
    lines.ratio_sd = std::max(robust_sd(ratios), kLeastRatioSd);
    out.push_back(std::move(lines));
  }
  return out;
}

}  // namespace sonar::lines
