/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "meta/gstsonarsignaturemeta.h"

namespace sonar::table {

/** A number in the C locale, whatever the application's. */
std::string number(double value, const char *format);

/** A row's own fields and the stream columns of what it is about. */
struct Row {
  gint64 column_begin, column_end;
  std::string fields;
};

/** Seconds of the left edge of a stream column. */
using SecondsOf = std::function<double(gint64 column)>;

/**
 * Tonals or families of a stream, which the frames' metas say anew as long as
 * they are heard; a row each when they have ended.
 */
class TonalRows {
 public:
  static const char *const kTonalHeader, *const kFamilyHeader;

  explicit TonalRows(bool families) : families_(families) {}

  void put(const GstSonarSignatureMeta &signature);
  /** Those that cannot go on in a frame whose first column is @p column, in
   *  order of their end. */
  std::vector<Row> take_ended(gint64 column, double columns_per_second,
                              const SecondsOf &seconds);

 private:
  struct Tonal {
    GstSonarTonal tonal;
    GstSonarFamilyOrigin origin;
  };
  struct Family {
    GstSonarFamily family;
    std::string harmonics;
  };

  bool families_;
  guint64 gap_ = 0;
  std::map<guint64, Tonal> tonals_;  ///< by id
  std::map<guint64, Family> groups_;
};

}  // namespace sonar::table
