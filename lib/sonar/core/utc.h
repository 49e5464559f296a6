/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/* Coordinated universal time as nanoseconds since 1970-01-01T00:00:00Z, leap
 * seconds not counted (POSIX), 1678 to 2262. */
namespace sonar::utc {

/** A date and time of the proleptic Gregorian calendar. */
struct Civil {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  int nanosecond = 0;
};

Civil civil_of(std::int64_t utc_ns) noexcept;

/**
 * ISO 8601: "2023-03-02T05:48:58.14Z", "2023-03-02 05:48+01:00",
 * "20230302T054858Z". Date, then T or a space, hours and minutes; seconds and
 * up to nine decimals of them may follow, and Z or an offset from UTC (without
 * one it is UTC). Throws Error(kBadArgument), naming @p what.
 */
std::int64_t parse_iso8601(const std::string &text, const std::string &what);

/** "2023-03-02T05:48:58.140Z", rounded to milliseconds. */
std::string format_iso8601(std::int64_t utc_ns);

/**
 * Finds the time in a recording's name, by a pattern as of strptime:
 *   %Y year (4 digits), %y (2; 69-99 are 19xx), %m month, %d day, %j day of the
 *   year (3), %b month's English name (3 letters), %H hour, %M minute,
 *   %S second, %f decimals of the second (1 to 9), %z offset from UTC (Z,
 *   +hhmm, +hh:mm), %s seconds since 1970, %% itself.
 * Other characters stand for themselves. Without %z the name is in UTC.
 */
class NamePattern {
 public:
  /** Throws Error(kBadArgument) for what it does not know, or when no date
   *  comes of it. */
  explicit NamePattern(const std::string &pattern);

  /** The leftmost place in @p name that matches with a real date and time and
   *  does not cut a run of digits in two. */
  std::optional<std::int64_t> find(const std::string &name) const;

 private:
  struct Token {
    char conversion = 0;  // 0: a literal
    char literal = 0;
  };
  std::optional<std::int64_t> match(const std::string &name,
                                    std::size_t begin) const;

  std::vector<Token> tokens_;
};

}  // namespace sonar::utc
