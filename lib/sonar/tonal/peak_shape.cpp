/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/tonal/peak_shape.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "sonar/core/error.h"

namespace sonar::tonal {
namespace {

constexpr std::size_t kSteps = 32;            // of the table, in half a bin
constexpr std::size_t kEnoughSamples = 1024;  // of a window, for its main lobe
constexpr double kLowest = 1e-12;             // power of the lobe's zeros

/** Power at a distance from the peak, which is 1. */
class Lobe {
 public:
  Lobe(const std::vector<float> &window, std::size_t fft_size)
      : padding_(double(window.size()) / double(fft_size)) {
    const std::size_t step =
        std::max<std::size_t>(1, window.size() / kEnoughSamples);
    for (std::size_t i = 0; i < window.size(); i += step)
      window_.push_back(double(window[i]));
    for (const double w : window_) sum_ += w;
  }
  double at(double bins) const {
    const double turn = 2 * M_PI * bins * padding_ / double(window_.size());
    double re = 0, im = 0;
    for (std::size_t i = 0; i < window_.size(); ++i) {
      re += window_[i] * std::cos(turn * double(i));
      im += window_[i] * std::sin(turn * double(i));
    }
    return std::max(kLowest, (re * re + im * im) / (sum_ * sum_));
  }
  double level(double bins) const { return 10 * std::log10(at(bins)); }

 private:
  std::vector<double> window_;
  double padding_, sum_ = 0;
};

/* Squared error of the best height for a width. */
double misfit(const std::vector<ProfilePoint> &profile, double width) {
  double pg = 0, gg = 0, pp = 0;
  for (const ProfilePoint &p : profile) {
    const double x = 2 * p.distance / width;
    const double g = std::exp2(-x * x);
    pg += p.weight * p.power * g;
    gg += p.weight * g * g;
    pp += p.weight * p.power * p.power;
  }
  return pg > 0 ? pp - pg * pg / gg : pp;
}

}  // namespace

double fit_width(const std::vector<ProfilePoint> &profile) {
  constexpr double kNarrowest = 0.5, kWidest = 64, kStep = 1.1;
  double weight = 0, power = 0;
  for (const ProfilePoint &p : profile) {
    weight += p.weight;
    power += p.weight * p.power;
  }
  if (!(weight > 0) || !(power > 0)) return 0;
  double best = kNarrowest, least = misfit(profile, best);
  for (double w = kNarrowest * kStep; w <= kWidest; w *= kStep)
    if (const double m = misfit(profile, w); m < least) least = m, best = w;
  double low = best / kStep, high = best * kStep;
  for (int i = 0; i < 20; ++i) {  // thirds: to 0.1 % after 20
    const double a = low + (high - low) / 3, b = high - (high - low) / 3;
    (misfit(profile, a) < misfit(profile, b) ? high : low) =
        misfit(profile, a) < misfit(profile, b) ? b : a;
  }
  return (low + high) / 2;
}

Vertex parabola(double before, double middle, double after) noexcept {
  const double bend = before - 2 * middle + after;
  if (!(bend < 0)) return {0, middle};
  const double at = std::clamp(0.5 * (before - after) / bend, -0.5, 0.5);
  return {at, middle - 0.25 * (before - after) * at};
}

PeakShape::PeakShape(const std::vector<float> &window, std::size_t fft_size) {
  if (window.size() < 4 || fft_size < window.size())
    throw Error(Errc::kBadArgument,
                "a tone's shape needs a window of at least 4 samples and a "
                "transform no shorter, got a window of " +
                    std::to_string(window.size()) + " and a transform of " +
                    std::to_string(fft_size) + " samples");
  const Lobe lobe(window, fft_size);
  for (std::size_t i = 0; i <= kSteps; ++i) {
    const double offset = 0.5 * double(i) / kSteps;
    const Vertex v = parabola(lobe.level(-1 - offset), lobe.level(-offset),
                              lobe.level(1 - offset));
    vertices_.push_back(v.at);
    heights_db_.push_back(-v.level);
  }
  const double reach = 2.0 * double(fft_size) / double(window.size());
  std::vector<ProfilePoint> profile;
  for (double d = -reach; d <= reach; d += reach / 16)
    profile.push_back({d, lobe.at(d), 1});
  width_bins_ = fit_width(profile);
}

/* Where the table passes a vertex: the step before it and the part of it. */
static std::pair<std::size_t, double> find(const std::vector<double> &table,
                                           double vertex) noexcept {
  const auto above = std::upper_bound(table.begin(), table.end(), vertex);
  if (above == table.end()) return {table.size() - 2, 1};
  if (above == table.begin()) return {0, 0};
  const auto i = std::size_t(above - table.begin()) - 1;
  return {i, (vertex - table[i]) / (table[i + 1] - table[i])};
}

double PeakShape::offset(double vertex) const noexcept {
  const auto [i, part] = find(vertices_, std::fabs(vertex));
  return std::copysign(0.5 * (double(i) + part) / kSteps, vertex);
}

double PeakShape::height_db(double vertex) const noexcept {
  const auto [i, part] = find(vertices_, std::fabs(vertex));
  return heights_db_[i] + part * (heights_db_[i + 1] - heights_db_[i]);
}

}  // namespace sonar::tonal
