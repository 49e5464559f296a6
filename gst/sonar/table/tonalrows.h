/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tablerow.h"

namespace sonar::table {

/** The class of most frames in which something was heard. */
class ClassVotes {
 public:
  void put(const GstSonarMaskMeta &mask);
  /** class and score: its mean probability in those frames. */
  Record fields() const;

 private:
  struct Votes {
    guint frames = 0;
    double score_sum = 0;
  };
  std::map<std::string, Votes> votes_;
};

/**
 * Tonals or families of a stream, which the frames' metas say anew as long as
 * they are heard; a row each when they have ended.
 */
class TonalRows {
 public:
  explicit TonalRows(bool families) : families_(families) {}

  /** @p analysis: of this frame. */
  void put(const GstSonarSignatureMeta &signature, const GstSonarMaskMeta &mask,
           const Analysis &analysis);
  /** Those that cannot go on in a frame whose first column is @p column, in
   *  order of their end. @p utc: of columns. */
  std::vector<Row> take_ended(gint64 column, const Analysis &analysis,
                              const RunClock &utc);

  void reset() { *this = TonalRows(families_); }

  /** A row's names, in its values' order. */
  static Record blank(bool families);

 private:
  struct Extent {
    double low_hz = 0, high_hz = 0;  ///< edges of rows
  };
  struct Tonal {
    GstSonarTonal tonal{};
    GstSonarFamilyOrigin origin = GST_SONAR_FAMILY_UNKNOWN;
    Extent extent;
    ClassVotes votes;
  };
  struct Family {
    GstSonarFamily family{};
    std::vector<guint64> harmonics, tonals;  ///< numbers; ids
    GstSonarTonal loudest{};                 ///< of them
    Extent extent;
    ClassVotes votes;
  };
  struct Frame;

  void put_tonals(const Frame &frame);
  void put_families(const Frame &frame);
  static void widen(Extent &extent, const Frame &frame, guint tonal);
  static Record record_of(const Tonal &tonal, const Analysis &analysis,
                          const RunClock &utc);
  static Record record_of(const Family &family, const Analysis &analysis,
                          const RunClock &utc);

  bool families_;
  guint64 gap_ = 0;
  std::map<guint64, Tonal> tonals_;  ///< by id
  std::map<guint64, Family> groups_;
};

}  // namespace sonar::table
