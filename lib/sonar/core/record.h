/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>
#include <utility>
#include <vector>

/* Rows of a table as text, in the formats that other programs read. */
namespace sonar {

/** A value of a record, written already; an empty text is an unknown one. */
struct Field {
  enum class Kind {
    kNumber,
    kText,
    kNumbers,  ///< with a space in between
  };
  std::string name, text;
  Kind kind = Kind::kNumber;
};

using Record = std::vector<Field>;

enum class RecordFormat {
  /** Comma-separated values with a row of names (RFC 4180). */
  kCsv,
  /** A selection table of Raven: tab-separated values with a row of names. */
  kRaven,
  /** A label file of Audacity with frequency ranges: two lines a record. */
  kAudacity,
  /** One JSON object a line. */
  kJsonLines,
};

/**
 * Writes the records of one table; all have fields of the same names in the
 * same order. Of the names `id`, `begin_s`, `end_s`, `low_hz`, `high_hz`,
 * `peak_hz` and `class`, Raven and Audacity know what they mean.
 *
 * Raven's tables have no quotes: a tab or a line break in a text becomes a
 * space and a quotation mark an apostrophe. So do they in Audacity's labels.
 * Bytes that are no UTF-8 become U+FFFD in JSON.
 */
class RecordWriter {
 public:
  /** @p kind: what the records are about, JSON's first field. @p recording:
   *  Raven's Begin File; empty where it is not known. */
  RecordWriter(RecordFormat format, std::string kind,
               std::string recording = {})
      : format_(format),
        kind_(std::move(kind)),
        recording_(std::move(recording)) {}

  /** The names' line; empty where the format has none. */
  std::string header(const Record &record) const;
  /** The record's line or lines, ends of line included. */
  std::string line(const Record &record) const;

 private:
  Record columns_of(const Record &record) const;

  RecordFormat format_;
  std::string kind_, recording_;
};

}  // namespace sonar
