/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <cmath>
#include <tuple>

#include "sonar/tonal/family.h"

namespace sonar::tonal {
namespace {

constexpr double kSigmas = 3;
constexpr double kSlack = 1e-3;  // of the fundamental, from picture to picture

std::vector<std::uint64_t> tonals_of(const Family &family) {
  std::vector<std::uint64_t> ids;
  for (const Member &m : family.members) ids.push_back(m.tonal);
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::size_t count_common(const std::vector<std::uint64_t> &a,
                         const std::vector<std::uint64_t> &b) {
  std::vector<std::uint64_t> both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(),
                        std::back_inserter(both));
  return both.size();
}

}  // namespace

void FamilyTracker::put(std::vector<Family> &families, std::int64_t column_end,
                        std::int64_t columns) {
  std::vector<bool> taken(open_.size());
  for (Family &f : families) {
    const auto ids = tonals_of(f);
    std::size_t best = open_.size(), most = 0;
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (taken[i]) continue;
      const std::size_t common = count_common(ids, tonals_[i]);
      // an octave apart they are not the same, though they share lines
      const bool same =
          std::fabs(f.fundamental_hz - last_hz_[i]) <=
          kSlack * f.fundamental_hz +
              kSigmas * std::hypot(f.uncertainty_hz, last_uncertainty_[i]);
      const bool most_stay =
          2 * common > ids.size() &&
          std::fabs(f.fundamental_hz / last_hz_[i] - 1) < 0.1;
      if ((same || most_stay) && common + 1 > most) {
        most = common + 1;
        best = i;
      }
    }
    if (best == open_.size()) {
      open_.push_back({f, column_end - columns, column_end});
      open_.back().family.id = ++last_id_;
      tonals_.emplace_back();
      last_hz_.push_back(0);
      last_uncertainty_.push_back(0);
    } else {
      taken[best] = true;
    }
    Followed &open = open_[best];
    f.id = open.family.id;
    f.column_begin = open.column_begin;
    open.column_end = column_end;
    if (f.members.size() >= open.family.members.size()) open.family = f;
    tonals_[best] = ids;
    last_hz_[best] = f.fundamental_hz;
    last_uncertainty_[best] = f.uncertainty_hz;
  }
  end_before(column_end - gap_columns_);
}

void FamilyTracker::end_before(std::int64_t column) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < open_.size(); ++i) {
    if (open_[i].column_end < column) {
      ended_.push_back(std::move(open_[i]));
      continue;
    }
    if (kept != i) {
      open_[kept] = std::move(open_[i]);
      tonals_[kept] = std::move(tonals_[i]);
      last_hz_[kept] = last_hz_[i];
      last_uncertainty_[kept] = last_uncertainty_[i];
    }
    ++kept;
  }
  open_.resize(kept);
  tonals_.resize(kept);
  last_hz_.resize(kept);
  last_uncertainty_.resize(kept);
  std::stable_sort(ended_.begin(), ended_.end(),
                   [](const Followed &a, const Followed &b) {
                     return std::tie(a.column_end, a.family.id) <
                            std::tie(b.column_end, b.family.id);
                   });
}

bool FamilyTracker::pop(Followed &ended) {
  if (ended_.empty()) return false;
  ended = std::move(ended_.front());
  ended_.erase(ended_.begin());
  return true;
}

void FamilyTracker::drain() { end_before(INT64_MAX); }

}  // namespace sonar::tonal
