/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/core/utc.h"

#include "sonar/core/error.h"
#include "support/testing.h"

using namespace sonar::utc;

constexpr std::int64_t kSecond = 1000000000;

/* Seconds since 1970 of GNU date. */
static const struct {
  const char *text;
  std::int64_t ns;
} kTimes[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01T00:00Z", 0},
    {"2000-02-29T23:59:59Z", 951868799 * kSecond},
    {"2014-04-01T06:23:45Z", 1396333425 * kSecond},
    {"2100-03-01T00:00:00Z", 4107542400 * kSecond},
    {"1969-12-31T23:59:59.5Z", -kSecond / 2},
    {"20230302T054858Z", 1677736138 * kSecond},
    {"2023-03-02T05:48:58", 1677736138 * kSecond},
    {"2023-03-02 05:48:58.140401062Z", 1677736138140401062},
    {"2023-03-02T06:48:58+01:00", 1677736138 * kSecond},
    {"2023-03-02T00:18:58-0530", 1677736138 * kSecond},
    {"2023-03-01T23:48:58-06", 1677736138 * kSecond},
};

GST_START_TEST(iso_8601_gives_the_time_since_1970) {
  for (const auto &t : kTimes)
    ck_assert_msg(parse_iso8601(t.text, "x") == t.ns, "%s gave %lld", t.text,
                  (long long)parse_iso8601(t.text, "x"));
}
GST_END_TEST

GST_START_TEST(text_that_is_no_date_and_time_is_refused_with_its_words) {
  for (const char *text :
       {"", "yesterday", "2023-03-02", "2023-02-29T00:00:00Z",
        "2023-13-01T00:00:00Z", "2023-03-02T24:00:00Z", "2023-03-02T05:60:00Z",
        "2023-03-02T05:48:58+1", "2023-03-02T05:48:58Z and", "2023-03-02T05",
        "2023-03-02T05:48:58.Z", "2023/03/02 05:48:58", "1600-01-01T00:00:00Z",
        "9999-01-01T00:00:00Z"}) {
    try {
      parse_iso8601(text, "start-datetime");
      ck_abort_msg("taken: %s", text);
    } catch (const sonar::Error &e) {
      const std::string words = e.what();
      fail_unless(words.find("start-datetime is \"" + std::string(text)) == 0 &&
                      words.find("2023-03-02T05:48:58Z") != words.npos,
                  "%s", words.c_str());
      fail_unless(e.code() == sonar::Errc::kBadArgument);
    }
  }
}
GST_END_TEST

GST_START_TEST(what_is_formatted_reads_back_to_the_millisecond) {
  fail_unless(format_iso8601(0) == "1970-01-01T00:00:00.000Z");
  fail_unless(format_iso8601(-1) == "1970-01-01T00:00:00.000Z");
  fail_unless(format_iso8601(-kSecond / 2) == "1969-12-31T23:59:59.500Z");
  fail_unless(format_iso8601(1677736138140401062) ==
              "2023-03-02T05:48:58.140Z");
  // just before midnight of a leap day
  fail_unless(format_iso8601(951868799 * kSecond + 999600000) ==
              "2000-03-01T00:00:00.000Z");
  // every day of four centuries, both ways: one on from the day before
  const std::int64_t day = 86400 * kSecond;
  for (std::int64_t ns = -100000 * day; ns < 100000 * day; ns += day) {
    const std::string text = format_iso8601(ns);
    ck_assert_msg(parse_iso8601(text, "x") == ns, "%s", text.c_str());
  }
}
GST_END_TEST

GST_START_TEST(a_pattern_finds_the_time_in_a_name) {
  const struct {
    const char *pattern, *name, *iso;
  } cases[] = {
      {"%Y%m%dT%H%M%SZ", "H1_20230302T054858Z.wav", "2023-03-02T05:48:58.000Z"},
      // SoundTrap: the serial number before it holds no such date
      {"%y%m%d%H%M%S", "1677738025.140401062345.wav",
       "2014-04-01T06:23:45.000Z"},
      {"AMAR_%Y%m%d_%H%M%S", "site7_AMAR_20181231_235959.flac",
       "2018-12-31T23:59:59.000Z"},
      {"%Y%m%d_%H%M%S_%f", "x_20181231_235959_25.wav",
       "2018-12-31T23:59:59.250Z"},
      {"%Y-%m-%d--%H.%M", "2016-02-29--12.30.wav", "2016-02-29T12:30:00.000Z"},
      {"%Y%j%H%M%S", "rec2016366120000.wav", "2016-12-31T12:00:00.000Z"},
      {"%d%b%y", "mooring 04Jul26.wav", "2026-07-04T00:00:00.000Z"},
      {"%Y%m%dT%H%M%S%z", "20230302T064858+0100.wav",
       "2023-03-02T05:48:58.000Z"},
      {"%s", "1677736138.wav", "2023-03-02T05:48:58.000Z"},
      {"100%%%Y%m%d", "100%20200101.wav", "2020-01-01T00:00:00.000Z"},
      {"%y%m%d", "990101.wav", "1999-01-01T00:00:00.000Z"},
      // the first of two
      {"%Y%m%d_%H%M%S", "20200101_000000_to_20200101_003000.wav",
       "2020-01-01T00:00:00.000Z"},
  };
  for (const auto &c : cases) {
    const auto found = NamePattern(c.pattern).find(c.name);
    ck_assert_msg(found.has_value(), "%s not in %s", c.pattern, c.name);
    ck_assert_msg(format_iso8601(*found) == c.iso, "%s in %s gave %s",
                  c.pattern, c.name, format_iso8601(*found).c_str());
  }
}
GST_END_TEST

GST_START_TEST(a_name_without_a_real_date_gives_none) {
  const NamePattern pattern("%Y%m%d_%H%M%S");
  for (const char *name :
       {"ship.wav", "", "20230230_000000.wav", "20231301_000000.wav",
        "20230101_250000.wav", "20230101-000000.wav",
        // a longer run of digits is something else
        "920230101_000000.wav", "20230101_0000001.wav"})
    ck_assert_msg(!pattern.find(name), "found in %s", name);
  fail_unless(!NamePattern("%Y%j").find("2015366"));
}
GST_END_TEST

GST_START_TEST(a_pattern_that_cannot_be_is_refused_with_its_words) {
  const struct {
    const char *pattern, *words;
  } cases[] = {
      {"%Y%Q%d", "%Q is not known"},
      {"%Y%m%d%", "ends with a single %"},
      {"%Y%m%d%Y", "%Y stands in it twice"},
      {"%H%M%S", "it gives no date"},
      {"", "it gives no date"},
  };
  for (const auto &c : cases) {
    try {
      NamePattern pattern(c.pattern);
      ck_abort_msg("taken: %s", c.pattern);
    } catch (const sonar::Error &e) {
      const std::string words = e.what();
      fail_unless(words.find(c.words) != words.npos &&
                      words.find("datetime-pattern is \"") == 0,
                  "%s", words.c_str());
    }
  }
}
GST_END_TEST

static Suite *utc_suite(void) {
  Suite *s = suite_create("utc");
  TCase *tc = tcase_create("closed form");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, iso_8601_gives_the_time_since_1970);
  tcase_add_test(tc, text_that_is_no_date_and_time_is_refused_with_its_words);
  tcase_add_test(tc, what_is_formatted_reads_back_to_the_millisecond);
  tcase_add_test(tc, a_pattern_finds_the_time_in_a_name);
  tcase_add_test(tc, a_name_without_a_real_date_gives_none);
  tcase_add_test(tc, a_pattern_that_cannot_be_is_refused_with_its_words);
  return s;
}
GST_CHECK_MAIN(utc)
