/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sonar/tonal/tonal.h"

namespace sonar::tonal {

/** Where the lines of a family likely come from; see name_origins(). */
enum class Origin { kUnknown, kShaft, kBladeRate, kMains50, kMains60 };
/** "unknown", "shaft", "blade-rate", "mains-50", "mains-60". */
const char *nick(Origin) noexcept;

/** A tonal that is a harmonic of a family's fundamental. */
struct Member {
  std::uint64_t tonal = 0;  ///< its id
  int harmonic = 1;
  double frequency_hz = 0, level_db = 0;
};

/** Tonals with one fundamental. */
struct Family {
  std::uint64_t id = 0;           ///< the same through a stream
  std::int64_t column_begin = 0;  ///< of the first picture that it was found in
  double fundamental_hz = 0, uncertainty_hz = 0;
  /** Families that tonals in random places would give, as good as this one. */
  double chance = 1;
  Origin origin = Origin::kUnknown;
  double shaft_hz = 0;  ///< where the origin is shaft or blade rate, else 0
  int blades = 0;       ///< blade rate over shaft rate, 0 where not known
  std::vector<Member> members;  ///< by harmonic, one each
};

struct FamilyOptions {
  /** A family is reported when fewer than so many would be found by chance. */
  double most_chance = 0.05;
  std::size_t least_members = 3;
  int highest_harmonic = 40;
  double lowest_hz = 0;  ///< of the band: harmonics below it are not missed
};

/**
 * The harmonic families among @p tonals (of one picture, at about one time), in
 * order of their fundamentals; a tonal belongs to one at most.
 *
 * Candidates are each tonal's frequency over 1, 2, 3 ...; a candidate takes the
 * tonals within three standard uncertainties of its harmonics, fits its
 * fundamental to them by least squares, weighted by their uncertainties, and
 * takes again until nothing changes. Of K tonals up to its highest harmonic k
 * are members; tonals in random places would be with probability
 *   chance = trials * P(at least k - 1 of K - 1),
 * binomial with the share of the band that lies that near to a harmonic. The
 * candidates that had to be tried count as trials: 2 for each tonal where the
 * fundamental is there, more where the lowest harmonic is a higher one. Of the
 * families whose chance is small enough and that have 40 % of their harmonics
 * up to the highest, the likeliest is taken first (over lines in random places
 * of the same density, 65 % of a family's harmonics being heard), then the next
 * from what is left.
 *
 * @p resolution_hz: the half-power width of a tone; combs closer than 1.5 times
 * that are not told apart.
 */
std::vector<Family> find_families(const std::vector<Tonal> &tonals,
                                  double resolution_hz,
                                  const FamilyOptions &options = {});

/**
 * Gives each family its likely origin:
 *   mains      fundamental within 1 % (generators' governors, Doppler) and
 *              three uncertainties of 50 or 60 Hz, and no member drifts by more
 *              than 0.5 % of its frequency in 10 s
 *   blade rate fundamental 2 to 7 times that of another family of at most
 *              12.5 Hz, which then is the shaft's; within three uncertainties
 *   shaft      also: fundamental of at most 12.5 Hz, and the harmonics that are
 *              multiples of 2 to 7 (at least two, of at least two other ones)
 *              are louder than the others by 6 dB in the mean; that multiple is
 *              the number of blades
 *   unknown    everything else, such as the firing rates of engines
 */
void name_origins(std::vector<Family> &families,
                  const std::vector<Tonal> &tonals);

/**
 * The families of successive pictures: a family keeps its id while most of its
 * tonals stay, or its fundamental within three uncertainties.
 */
class FamilyTracker {
 public:
  /** @p gap_columns: a family that was not found for longer ends. */
  explicit FamilyTracker(std::int64_t gap_columns)
      : gap_columns_(gap_columns) {}

  /** A family over the pictures it was found in. */
  struct Followed {
    Family family;  ///< as it was with most members
    std::int64_t column_begin = 0, column_end = 0;  ///< half-open
  };
  /** Gives @p families their ids; @p column_end: one past the newest column of
   *  their picture, @p columns: its width. */
  void put(std::vector<Family> &families, std::int64_t column_end,
           std::int64_t columns);
  /** The next family that ended, in order of its end. */
  bool pop(Followed &ended);
  void drain();

 private:
  void end_before(std::int64_t column);

  std::int64_t gap_columns_;
  std::uint64_t last_id_ = 0;
  std::vector<Followed> open_;
  std::vector<std::vector<std::uint64_t>> tonals_;  ///< of open_, as last seen
  std::vector<double> last_hz_, last_uncertainty_;
  std::vector<Followed> ended_;
};

}  // namespace sonar::tonal
