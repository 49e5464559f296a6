/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/metrics/truth_score.h"

#include <algorithm>
#include <string>

#include "sonar/core/error.h"
#include "sonar/mask/flood.h"

namespace sonar::metrics {
namespace {

using mask::Binary;

constexpr std::size_t kRegionPixels = 8;
constexpr std::size_t kFewTargetPixels = 20, kFewLevelPixels = 5;

/** How many pixels @p holds is true for. */
template <class Predicate>
std::size_t count(const Binary &of, Predicate holds) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < of.values.size(); ++i) n += holds(i) ? 1 : 0;
  return n;
}

Binary grown_by_one(const Binary &in) {
  Binary out = in;
  for (std::size_t y = 0; y < in.height; ++y)
    for (std::size_t x = 0; x < in.width; ++x) {
      if (!in.at(y, x)) continue;
      for (std::size_t ny = y - (y > 0); ny <= y + 1 && ny < in.height; ++ny)
        for (std::size_t nx = x - (x > 0); nx <= x + 1 && nx < in.width; ++nx)
          out.values[ny * in.width + nx] = 1;
    }
  return out;
}

int count_regions(Binary pixels) {
  int n = 0;
  std::vector<std::size_t> region;
  for (std::size_t i = 0; i < pixels.values.size(); ++i) {
    if (!pixels.values[i]) continue;
    mask::take_region(pixels, i, region);
    n += region.size() >= kRegionPixels ? 1 : 0;
  }
  return n;
}

void score_interferers(const Binary &kept, const Truth &truth, TruthScore &s) {
  const Binary near_target = grown_by_one(truth.weak);
  Binary present = truth.interferer;
  for (std::size_t i = 0; i < present.values.size(); ++i)
    if (near_target.values[i]) present.values[i] = 0;
  Binary passed = present;
  for (std::size_t i = 0; i < passed.values.size(); ++i)
    if (!kept.values[i]) passed.values[i] = 0;
  s.intersecting_present = count_regions(std::move(present));
  s.intersecting = count_regions(std::move(passed));
}

std::optional<double> overwritten(const Binary &kept, const Truth &truth,
                                  int least_db) {
  const auto judged = [&](std::size_t i) {
    return truth.target.values[i] &&
           (least_db == 0 || truth.snr_db[i] >= least_db);
  };
  const std::size_t all = count(kept, judged);
  if (all <= kFewLevelPixels) return std::nullopt;
  const std::size_t hit =
      count(kept, [&](std::size_t i) { return kept.values[i] && judged(i); });
  return 1 - double(hit) / double(all);
}

void score_target(const Binary &kept, const Truth &truth, TruthScore &s) {
  const auto &target = truth.target.values;
  const std::size_t wanted =
      count(kept, [&](std::size_t i) { return target[i]; });
  if (wanted <= kFewTargetPixels) return;
  s.overwritten_0db = overwritten(kept, truth, 0);
  s.overwritten_3db = overwritten(kept, truth, 3);
  s.overwritten_6db = overwritten(kept, truth, 6);
  /* Weak target pixels may be kept or not: neither is a fault. */
  const auto judged = [&](std::size_t i) {
    return kept.values[i] && (target[i] || !truth.weak.values[i]);
  };
  const std::size_t hit =
      count(kept, [&](std::size_t i) { return kept.values[i] && target[i]; });
  const std::size_t either =
      count(kept, [&](std::size_t i) { return judged(i) || target[i]; });
  s.iou = double(hit) / double(either);
  s.f1 = 2 * double(hit) / double(count(kept, judged) + wanted);
}

}  // namespace

void require_shapes(const Binary &m, const Truth &truth) {
  const auto fits = [&](const Binary &b) {
    return b.height == m.height && b.width == m.width;
  };
  if (!m.values.empty() && fits(truth.target) && fits(truth.weak) &&
      fits(truth.interferer) && truth.snr_db.size() == m.values.size())
    return;
  const auto text = [](const Binary &b) {
    return std::to_string(b.height) + " x " + std::to_string(b.width);
  };
  throw Error(Errc::kBadArgument,
              "scoring a mask needs mask and truth of one shape, not empty "
              "(height x width); got mask " +
                  text(m) + ", target " + text(truth.target) + ", weak " +
                  text(truth.weak) + ", interferer " + text(truth.interferer) +
                  ", " + std::to_string(truth.snr_db.size()) +
                  " SNR values; make both with one recipe");
}

TruthScore score(const mask::Binary &mask, const Truth &truth) {
  require_shapes(mask, truth);
  TruthScore s;
  const auto noise = [&](std::size_t i) { return !truth.weak.values[i]; };
  const auto kept = [&](std::size_t i) { return mask.values[i]; };
  const std::size_t noises = count(mask, noise);
  const std::size_t passed =
      count(mask, [&](std::size_t i) { return kept(i) && noise(i); });
  if (noises) s.removed = 1 - double(passed) / double(noises);
  s.kept = double(count(mask, kept)) / double(mask.values.size());
  score_interferers(mask, truth, s);
  score_target(mask, truth, s);
  return s;
}

}  // namespace sonar::metrics
