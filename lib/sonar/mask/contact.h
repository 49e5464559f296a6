/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sonar/core/image.h"

namespace sonar::mask {

/**
 * Recipe `contact`: what one contact sounds like in this recording, learnt from
 * a stretch in which it dominates. Per row, highest frequency first; levels are
 * value + background, dB.
 */
struct ContactGate {
  std::vector<float> level_db;      ///< mean of the level over +-1 column
  std::vector<float> deviation_db;  ///< standard deviation of the same
  std::vector<float> middle_db;     ///< median of the level in time
  /** Strength of the stretch's steady lines: what the rows' medians in time
   *  stand over 1 dB, summed over the rows; >= 0. */
  double steadiness_db = 0;
};

/** Columns that a gate is learnt from at least. */
constexpr std::size_t kLeastContactColumns = 32;

/**
 * Learns from the columns of @p valid. @p background_db has the shape of the
 * value or is empty where that is a level already; steady lines are then
 * measured over the median of all rows. Throws Error(kBadArgument) on shapes
 * that differ and on fewer than kLeastContactColumns columns.
 */
ContactGate learn_contact(const Image &value_db, const Image &background_db,
                          ColumnRange valid);

/**
 * How much louder the contact is in this picture than where it was learnt, dB:
 * the row below which 15 % of the rows lie, by what its median in time rose. A
 * source beside the contact raises many rows, but seldom all. Held to +-12 dB;
 * 0 with fewer than 8 valid columns, where a median says nothing.
 */
float contact_gain_db(const Image &value_db, const Image &background_db,
                      ColumnRange valid, const ContactGate &gate);

/**
 * ln of the odds, up to a constant, that the contact and not another source
 * makes a pixel: with z the deviation of its level over +-1 column from the
 * contact's, after contact_gain_db(), ln(phi(z) / Phi(z)) - ln s. The contact's
 * level is normal of deviation s (the gate's, and 3 dB for drift beside it); if
 * another source dominates, the contact lies anywhere below what is heard. At
 * least -30. 0 outside @p valid. Throws Error(kBadArgument) as
 * contact_confidence() does.
 */
Image contact_odds(const Image &value_db, const Image &background_db,
                   ColumnRange valid, const ContactGate &gate);

/**
 * Confidence, 0..1, that a pixel is signal (blind_confidence()) and the
 * contact's (contact_odds()); 0.75 is the operating point (docs/method.md
 * section 5.5). 0 outside @p valid. Throws Error(kBadArgument) when the gate
 * has other rows than the picture, and as blind_confidence() does.
 */
Image contact_confidence(const Image &value_db, const Image &background_db,
                         ColumnRange valid, const ContactGate &gate);

/**
 * Collects a stretch of an endless recording from overlapping pictures and
 * learns from it. Memory is bounded by the capacity.
 */
class ContactLearner {
 public:
  enum class Mode {
    kMarked,     ///< everything that is put is the stretch; see finish()
    kStrongest,  ///< the last `capacity` columns are a stretch at any time
  };
  /** @p capacity: columns of a stretch, at least kLeastContactColumns, else
   *  Error(kBadArgument). A marked stretch that is longer ends there. */
  ContactLearner(Mode mode, std::size_t capacity);

  /**
   * Takes the columns of @p wanted that no earlier picture had; column 0 is
   * stream column @p first_column. kStrongest learns every quarter stretch, and
   * keeps the new gate where its steady lines are the first of 6 dB or more,
   * or stronger than those kept: 1.25 times, so that it does not waver, unless
   * the two stretches overlap. Throws Error(kBadArgument) when the rows change,
   * or as learn_contact() does.
   */
  void put(std::int64_t first_column, const Image &value_db,
           const Image &background_db, ColumnRange wanted);
  /** kMarked: the stretch is over; learns once, if it was long enough. */
  void finish();
  /** The next picture may be numbered anew (discontinuity). What was learnt
   *  and what has been collected stays. */
  void renumber() noexcept { next_column_.reset(); }

  /** What has been learnt; null before. */
  const ContactGate *gate() const noexcept { return gate_ ? &*gate_ : nullptr; }

 private:
  void append(const Image &value_db, const Image &background_db, std::size_t x);
  void learn();
  bool is_stronger(double steadiness_db) const;

  Mode mode_;
  std::size_t capacity_;
  std::size_t height_ = 0, count_ = 0, newest_ = 0, since_learnt_ = 0,
              since_kept_ = 0;
  bool has_background_ = false;
  /** The newest count_ columns, one after another, in a ring. */
  std::vector<float> values_, backgrounds_;
  std::optional<std::int64_t> next_column_;
  std::optional<ContactGate> gate_;
};

}  // namespace sonar::mask
