/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/metrics/truth_table.h"

namespace sonar::metrics {
namespace {

/** Mean over the scores for which @p figure has a value. */
template <class Figure>
std::optional<double> mean_of(const std::vector<TruthScore> &scores,
                              Figure figure) {
  double sum = 0;
  std::size_t count = 0;
  for (const TruthScore &s : scores) {
    const std::optional<double> value = figure(s);
    sum += value.value_or(0);
    count += value.has_value();
  }
  if (!count) return std::nullopt;
  return sum / double(count);
}

}  // namespace

MeanTruthScore mean(const std::vector<TruthScore> &scores) {
  const auto mean_member = [&](auto member) {
    return mean_of(scores, [member](const TruthScore &s) {
      return std::optional<double>(s.*member);
    });
  };
  MeanTruthScore m;
  m.recordings = scores.size();
  m.removed = mean_member(&TruthScore::removed);
  m.kept = mean_member(&TruthScore::kept);
  m.intersecting = mean_member(&TruthScore::intersecting);
  m.intersecting_present = mean_member(&TruthScore::intersecting_present);
  m.overwritten_0db = mean_member(&TruthScore::overwritten_0db);
  m.overwritten_3db = mean_member(&TruthScore::overwritten_3db);
  m.overwritten_6db = mean_member(&TruthScore::overwritten_6db);
  m.iou = mean_member(&TruthScore::iou);
  m.f1 = mean_member(&TruthScore::f1);
  return m;
}

std::vector<SnrBand> snr_bands() {
  return {{0, 2}, {2, 4}, {4, 6}, {6, 8}, {8, 11}, {11, std::nullopt}};
}

void count_overwritten(const mask::Binary &mask, const Truth &truth,
                       std::vector<SnrBand> &bands) {
  require_shapes(mask, truth);
  for (std::size_t i = 0; i < mask.values.size(); ++i) {
    if (!truth.target.values[i]) continue;
    for (SnrBand &band : bands)
      if (truth.snr_db[i] >= band.from_db &&
          (!band.to_db || truth.snr_db[i] < *band.to_db)) {
        ++band.pixels;
        band.overwritten += !mask.values[i];
      }
  }
}

}  // namespace sonar::metrics
