/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <cmath>

#include "sonar/tonal/family.h"

namespace sonar::tonal {
namespace {

constexpr double kFastestShaftHz = 12.5;
constexpr int kFewestBlades = 2, kMostBlades = 7;
constexpr double kGovernor = 0.01;      // of the mains' frequency
constexpr double kSteady = 0.005 / 10;  // of the frequency, a second
constexpr double kStressDb = 6;
constexpr double kSigmas = 3;

bool is_steady(const Family &family, const std::vector<Tonal> &tonals) {
  return std::all_of(
      family.members.begin(), family.members.end(), [&](const Member &m) {
        return std::all_of(tonals.begin(), tonals.end(), [&](const Tonal &t) {
          return t.id != m.tonal ||
                 std::fabs(t.drift_hz_per_s) <= kSteady * t.frequency_hz;
        });
      });
}

bool is_mains(const Family &f, double mains_hz) {
  return std::fabs(f.fundamental_hz - mains_hz) <=
         kGovernor * mains_hz + kSigmas * f.uncertainty_hz;
}

/* Blades of a propeller on the shaft @p shaft whose blade rate @p blade would
 * be; 0 for none. */
int blades_between(const Family &shaft, const Family &blade) {
  if (shaft.fundamental_hz > kFastestShaftHz) return 0;
  const int ratio =
      int(std::lround(blade.fundamental_hz / shaft.fundamental_hz));
  const double off =
      std::fabs(blade.fundamental_hz - ratio * shaft.fundamental_hz);
  const double sigma =
      std::hypot(blade.uncertainty_hz, ratio * shaft.uncertainty_hz);
  return ratio >= kFewestBlades && ratio <= kMostBlades &&
                 off <= kSigmas * sigma
             ? ratio
             : 0;
}

/* The multiple whose harmonics are loudest over the others; 0 for none. */
int stressed_multiple(const Family &family) {
  int best = 0;
  double most = kStressDb;
  for (int blades = kFewestBlades; blades <= kMostBlades; ++blades) {
    double on = 0, off = 0;
    int n_on = 0, n_off = 0;
    for (const Member &m : family.members)
      if (m.harmonic % blades == 0)
        on += m.level_db, ++n_on;
      else
        off += m.level_db, ++n_off;
    if (n_on < 2 || n_off < 2) continue;
    const double stress = on / n_on - off / n_off;
    if (stress >= most) most = stress, best = blades;
  }
  return best;
}

}  // namespace

const char *nick(Origin origin) noexcept {
  switch (origin) {
    case Origin::kShaft:
      return "shaft";
    case Origin::kBladeRate:
      return "blade-rate";
    case Origin::kMains50:
      return "mains-50";
    case Origin::kMains60:
      return "mains-60";
    case Origin::kUnknown:
      break;
  }
  return "unknown";
}

void name_origins(std::vector<Family> &families,
                  const std::vector<Tonal> &tonals) {
  for (Family &f : families) {
    f.origin = Origin::kUnknown;
    f.shaft_hz = 0;
    f.blades = 0;
    if (!is_steady(f, tonals)) continue;
    if (is_mains(f, 50)) f.origin = Origin::kMains50;
    if (is_mains(f, 60)) f.origin = Origin::kMains60;
  }
  const auto make_shaft = [](Family &f, int blades) {
    f.origin = Origin::kShaft;
    f.shaft_hz = f.fundamental_hz;
    f.blades = blades;
  };
  for (Family &blade : families)
    for (Family &shaft : families) {
      const int blades = blades_between(shaft, blade);
      if (blades == 0 || blade.origin != Origin::kUnknown) continue;
      make_shaft(shaft, blades);
      blade.origin = Origin::kBladeRate;
      blade.shaft_hz = shaft.fundamental_hz;
      blade.blades = blades;
    }
  for (Family &f : families)
    if (f.origin == Origin::kUnknown && f.fundamental_hz <= kFastestShaftHz)
      if (const int blades = stressed_multiple(f)) make_shaft(f, blades);
}

}  // namespace sonar::tonal
