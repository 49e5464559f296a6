/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/core/utc.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>

#include "sonar/core/error.h"

namespace sonar::utc {
namespace {

constexpr std::int64_t kSecond = 1000000000, kDaySeconds = 86400;
/* Years that 64 bits of nanoseconds hold whole. */
constexpr int kFirstYear = 1678, kLastYear = 2261;

bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int days_of(int year, int month) {
  const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 1970-01-01 (Hinnant, "chrono-compatible low-level date
 * algorithms"): years begin in March, so that the leap day is their last. */
std::int64_t days_from_civil(int year, int month, int day) {
  const int y = year - (month <= 2);
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int of_era = y - era * 400;
  const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
  return std::int64_t(era) * 146097 + day_of_era - 719468;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0);
}

struct Parts {
  Civil civil;
  int day_of_year = 0;        // 0: by month and day
  std::int64_t offset_s = 0;  // of local time from UTC
  std::optional<std::int64_t> unix_s;
};

bool is_real(const Civil &c) {
  return c.year >= kFirstYear && c.year <= kLastYear && c.month >= 1 &&
         c.month <= 12 && c.day >= 1 && c.day <= days_of(c.year, c.month) &&
         c.hour <= 23 && c.minute <= 59 && c.second <= 60;
}

/* Nothing where there is no such date or time. */
std::optional<std::int64_t> to_utc(Parts p) {
  Civil &c = p.civil;
  if (p.unix_s) return *p.unix_s * kSecond + c.nanosecond;
  if (p.day_of_year > 0) {
    if (p.day_of_year > 365 + is_leap(c.year)) return {};
    for (c.month = 1, c.day = p.day_of_year; c.day > days_of(c.year, c.month);)
      c.day -= days_of(c.year, c.month++);
  }
  if (!is_real(c)) return {};
  const std::int64_t seconds =
      days_from_civil(c.year, c.month, c.day) * kDaySeconds + c.hour * 3600 +
      c.minute * 60 + c.second - p.offset_s;
  return seconds * kSecond + c.nanosecond;
}

/* Reads a text from left to right. */
class Reader {
 public:
  Reader(const std::string &text, std::size_t at) : text_(text), at_(at) {}

  std::size_t at() const { return at_; }
  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }

  bool take(char c) {
    if (peek() != c || done()) return false;
    ++at_;
    return true;
  }
  bool take_any(const char *of) {
    if (done() || !std::strchr(of, peek())) return false;
    ++at_;
    return true;
  }
  /** A number of @p least to @p most digits. */
  bool digits(int least, int most, std::int64_t &value) {
    int count = 0;
    std::int64_t read = 0;
    for (; count < most && is_digit(); ++count) read = read * 10 + digit();
    if (count < least) return false;
    value = read;
    return true;
  }
  bool digits(int count, int &value) {
    std::int64_t read = 0;
    if (!digits(count, count, read)) return false;
    value = int(read);
    return true;
  }
  /** Decimals of a second as nanoseconds. */
  bool decimals(int &nanoseconds) {
    int count = 0, value = 0;
    for (; count < 9 && is_digit(); ++count) value = value * 10 + digit();
    if (count == 0) return false;
    for (; count < 9; ++count) value *= 10;
    nanoseconds = value;
    return true;
  }
  /** Z, +hh, +hhmm, +hh:mm. */
  bool offset(std::int64_t &seconds) {
    if (take('Z') || take('z')) {
      seconds = 0;
      return true;
    }
    const char sign = peek();
    int hours = 0, minutes = 0;
    if (!take_any("+-") || !digits(2, hours)) return false;
    if (take(':') || is_digit())
      if (!digits(2, minutes)) return false;
    if (hours > 18 || minutes > 59) return false;
    seconds = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
    return true;
  }
  bool month_name(int &month) {
    const char *const names = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (text_.size() - at_ < 3) return false;
    char name[4] = "";
    for (int i = 0; i < 3; ++i)
      name[i] = char(std::tolower(static_cast<unsigned char>(text_[at_ + i])));
    const char *found = std::strstr(names, name);
    if (!found || (found - names) % 3 != 0) return false;
    at_ += 3;
    month = int(found - names) / 3 + 1;
    return true;
  }

 private:
  bool is_digit() const {
    return !done() && std::isdigit(static_cast<unsigned char>(text_[at_]));
  }
  int digit() { return text_[at_++] - '0'; }

  const std::string &text_;
  std::size_t at_;
};

/* Hours, minutes, seconds with @p colon between them or not. */
bool read_time(Reader &in, bool colon, Civil &c) {
  if (!in.digits(2, c.hour)) return false;
  if (colon && !in.take(':')) return false;
  if (!in.digits(2, c.minute)) return false;
  const bool more = colon ? in.take(':') : std::isdigit(int(in.peek())) != 0;
  if (!more) return true;
  if (!in.digits(2, c.second)) return false;
  return !in.take_any(".,") || in.decimals(c.nanosecond);
}

std::optional<std::int64_t> read_iso8601(const std::string &text) {
  Parts p;
  Reader in(text, 0);
  if (!in.digits(4, p.civil.year)) return {};
  const bool extended = in.take('-');
  if (!in.digits(2, p.civil.month)) return {};
  if (extended && !in.take('-')) return {};
  if (!in.digits(2, p.civil.day) || !in.take_any("Tt ")) return {};
  if (!read_time(in, extended, p.civil)) return {};
  if (!in.done() && !in.offset(p.offset_s)) return {};
  if (!in.done()) return {};
  return to_utc(p);
}

bool is_digits_first(char conversion) {
  return conversion && !std::strchr("bz", conversion);
}

bool digit_at(const std::string &text, std::size_t at) {
  return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at]));
}

bool read_conversion(Reader &in, char conversion, Parts &p) {
  Civil &c = p.civil;
  std::int64_t wide = 0;
  switch (conversion) {
    case 'Y':
      return in.digits(4, c.year);
    case 'y':
      if (!in.digits(2, c.year)) return false;
      c.year += c.year >= 69 ? 1900 : 2000;
      return true;
    case 'm':
      return in.digits(2, c.month);
    case 'd':
      return in.digits(2, c.day);
    case 'j':
      return in.digits(3, p.day_of_year) && p.day_of_year > 0;
    case 'b':
      return in.month_name(c.month);
    case 'H':
      return in.digits(2, c.hour);
    case 'M':
      return in.digits(2, c.minute);
    case 'S':
      return in.digits(2, c.second);
    case 'f':
      return in.decimals(c.nanosecond);
    case 'z':
      return in.offset(p.offset_s);
    default:  // 's', as the constructor knows no other
      if (!in.digits(1, 10, wide) || wide >= 9000000000) return false;
      p.unix_s = wide;
      return true;
  }
}

constexpr const char *kConversions = "YymdjbHMSfzs";

}  // namespace

Civil civil_of(std::int64_t utc_ns) noexcept {
  const std::int64_t seconds = floor_div(utc_ns, kSecond);
  const std::int64_t days = floor_div(seconds, kDaySeconds);
  const int of_day = int(seconds - days * kDaySeconds);
  // the inverse of days_from_civil()
  const std::int64_t z = days + 719468;
  const std::int64_t era = floor_div(z, 146097);
  const int day_of_era = int(z - era * 146097);
  const int of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                      day_of_era / 146096) /
                     365;
  const int of_year = day_of_era - (365 * of_era + of_era / 4 - of_era / 100);
  const int from_march = (5 * of_year + 2) / 153;
  Civil c;
  c.day = of_year - (153 * from_march + 2) / 5 + 1;
  c.month = from_march + (from_march < 10 ? 3 : -9);
  c.year = int(of_era + era * 400) + (c.month <= 2);
  c.hour = of_day / 3600;
  c.minute = of_day / 60 % 60;
  c.second = of_day % 60;
  c.nanosecond = int(utc_ns - seconds * kSecond);
  return c;
}

std::int64_t parse_iso8601(const std::string &text, const std::string &what) {
  if (const auto utc_ns = read_iso8601(text)) return *utc_ns;
  throw Error(Errc::kBadArgument,
              what + " is \"" + text +
                  "\", it must be a date and time of ISO 8601, in UTC or with "
                  "its offset, e.g. 2023-03-02T05:48:58Z or "
                  "2023-03-02T06:48:58+01:00.");
}

std::string format_iso8601(std::int64_t utc_ns) {
  constexpr std::int64_t kMs = 1000000;
  const std::int64_t ms = floor_div(utc_ns, kMs) +
                          (utc_ns - floor_div(utc_ns, kMs) * kMs >= kMs / 2);
  const Civil c = civil_of(ms * kMs);
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year,
                c.month, c.day, c.hour, c.minute, c.second,
                c.nanosecond / 1000000);
  return out;
}

NamePattern::NamePattern(const std::string &pattern) {
  const auto refuse = [&](const std::string &why) {
    throw Error(Errc::kBadArgument,
                "datetime-pattern is \"" + pattern + "\": " + why +
                    " It takes %Y %y %m %d %j %b %H %M %S %f %z %s, e.g. "
                    "%Y%m%d_%H%M%S.");
  };
  std::string seen;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      tokens_.push_back({0, pattern[i]});
      continue;
    }
    const char c = ++i < pattern.size() ? pattern[i] : '\0';
    if (c == '%') {
      tokens_.push_back({0, '%'});
    } else if (c && std::strchr(kConversions, c)) {
      if (seen.find(c) != std::string::npos)
        refuse(std::string("%") + c + " stands in it twice.");
      seen += c;
      tokens_.push_back({c, 0});
    } else {
      refuse(c ? std::string("%") + c + " is not known."
               : std::string("it ends with a single %."));
    }
  }
  const auto has = [&](char c) { return seen.find(c) != std::string::npos; };
  const bool day = has('j') || (has('d') && (has('m') || has('b')));
  if (!has('s') && !((has('Y') || has('y')) && day))
    refuse(
        "it gives no date (year, month and day; year and day of the year; "
        "or %s).");
}

std::optional<std::int64_t> NamePattern::match(const std::string &name,
                                               std::size_t begin) const {
  if (is_digits_first(tokens_.front().conversion) && begin > 0 &&
      digit_at(name, begin - 1))
    return {};
  Parts parts;
  Reader in(name, begin);
  for (const Token &token : tokens_) {
    const bool fits = token.conversion
                          ? read_conversion(in, token.conversion, parts)
                          : in.take(token.literal);
    if (!fits) return {};
  }
  if (is_digits_first(tokens_.back().conversion) && digit_at(name, in.at()))
    return {};
  return to_utc(parts);
}

std::optional<std::int64_t> NamePattern::find(const std::string &name) const {
  for (std::size_t i = 0; i < name.size(); ++i)
    if (const auto utc_ns = match(name, i)) return utc_ns;
  return {};
}

}  // namespace sonar::utc
