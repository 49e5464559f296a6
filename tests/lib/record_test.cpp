/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <nlohmann/json.hpp>

#include "sonar/core/record.h"
#include "support/testing.h"

using namespace sonar;
using Kind = Field::Kind;

static Record record(const std::string &label = "tug",
                     const std::string &excess = "20.00") {
  return {{"id", "7", Kind::kNumber},
          {"begin_s", "0.5000", Kind::kNumber},
          {"end_s", "1.2500", Kind::kNumber},
          {"low_hz", "336.00", Kind::kNumber},
          {"high_hz", "400.00", Kind::kNumber},
          {"peak_hz", "352.00", Kind::kNumber},
          {"excess_db", excess, Kind::kNumber},
          {"class", label, Kind::kText},
          {"harmonics", "1 2 4", Kind::kNumbers},
          {"begin_utc", "", Kind::kText},
          {"Begin Date", "2000/02/29", Kind::kText},
          {"Begin Clock Time", "23:59:59.991", Kind::kText}};
}

static void same(const std::string &got, const std::string &want) {
  fail_unless(got == want, "got:\n%s\nwant:\n%s", got.c_str(), want.c_str());
}

static std::string line(RecordFormat format, const Record &r,
                        const std::string &recording = {}) {
  return RecordWriter(format, "region", recording).line(r);
}
static std::string header(RecordFormat format,
                          const std::string &recording = {}) {
  return RecordWriter(format, "region", recording).header(record());
}

GST_START_TEST(csv_has_the_names_and_values_in_their_order) {
  same(header(RecordFormat::kCsv),
       "id,begin_s,end_s,low_hz,high_hz,peak_hz,excess_db,class,harmonics,"
       "begin_utc,Begin Date,Begin Clock Time\n");
  same(line(RecordFormat::kCsv, record()),
       "7,0.5000,1.2500,336.00,400.00,352.00,20.00,tug,1 2 4,,2000/02/29,"
       "23:59:59.991\n");
}
GST_END_TEST

GST_START_TEST(csv_quotes_what_would_break_a_row) {
  const auto of = [](const std::string &text) {
    return line(RecordFormat::kCsv, {{"class", text, Kind::kText}});
  };
  same(of("a,b"), "\"a,b\"\n");
  same(of("say \"a\""), "\"say \"\"a\"\"\"\n");
  same(of("a\nb"), "\"a\nb\"\n");
  same(of("a\tb; \xc3\xb6"), "a\tb; \xc3\xb6\n");
}
GST_END_TEST

GST_START_TEST(ravens_columns_come_first_under_its_names) {
  same(header(RecordFormat::kRaven),
       "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)"
       "\tHigh Freq (Hz)\tBegin Date\tBegin Clock Time\tPeak Freq (Hz)\t"
       "Annotation\texcess_db\tharmonics\tbegin_utc\n");
  same(line(RecordFormat::kRaven, record()),
       "7\tSpectrogram 1\t1\t0.5000\t1.2500\t336.00\t400.00\t2000/02/29\t"
       "23:59:59.991\t352.00\ttug\t20.00\t1 2 4\t\n");
}
GST_END_TEST

GST_START_TEST(raven_is_told_the_recording_where_it_is_known) {
  const std::string names = header(RecordFormat::kRaven, "a b.wav");
  fail_unless(names.find("\tPeak Freq (Hz)\tBegin File\tFile Offset (s)\t"
                         "Annotation\t") != names.npos);
  const std::string row = line(RecordFormat::kRaven, record(), "a b.wav");
  fail_unless(row.find("\t352.00\ta b.wav\t0.5000\ttug\t") != row.npos);
}
GST_END_TEST

GST_START_TEST(nothing_in_a_text_breaks_a_row_of_tabs) {
  const std::string text = "a\tb\nc\r\"d\",\xc3\xb6";
  const std::string raven = line(RecordFormat::kRaven, record(text));
  fail_unless(raven.find("\ta b c 'd',\xc3\xb6\t") != raven.npos, "%s",
              raven.c_str());
  fail_unless_equals_int(std::count(raven.begin(), raven.end(), '\t'), 13);
  const std::string label = line(RecordFormat::kAudacity, record(text));
  fail_unless(label.find("\ta b c 'd',\xc3\xb6; id=7") != label.npos);
  fail_unless_equals_int(std::count(label.begin(), label.end(), '\n'), 2);
}
GST_END_TEST

GST_START_TEST(audacity_has_the_class_first_and_the_frequencies_below) {
  same(header(RecordFormat::kAudacity), "");
  same(line(RecordFormat::kAudacity, record()),
       "0.5000\t1.2500\ttug; id=7; peak_hz=352.00; excess_db=20.00; "
       "harmonics=1 2 4\n\\\t336.00\t400.00\n");
}
GST_END_TEST

GST_START_TEST(json_has_numbers_as_numbers_and_null_for_the_unknown) {
  same(header(RecordFormat::kJsonLines), "");
  same(line(RecordFormat::kJsonLines, record("tug", "")),
       "{\"kind\":\"region\",\"id\":7,\"begin_s\":0.5000,\"end_s\":1.2500,"
       "\"low_hz\":336.00,\"high_hz\":400.00,\"peak_hz\":352.00,"
       "\"excess_db\":null,\"class\":\"tug\",\"harmonics\":[1,2,4],"
       "\"begin_utc\":null}\n");
  for (const char *odd : {"nan", "-nan", "inf", "-inf"}) {
    const auto parsed = nlohmann::json::parse(
        line(RecordFormat::kJsonLines, record("tug", odd)));
    fail_unless(parsed["excess_db"].is_null(), "%s", odd);
  }
  same(line(RecordFormat::kJsonLines, {{"a", "", Kind::kNumbers}}),
       "{\"kind\":\"region\",\"a\":[]}\n");
}
GST_END_TEST

GST_START_TEST(json_reads_back_every_text) {
  std::string all;
  for (char c = 1; c < 127; ++c) all += c;
  for (const std::string &text : {all, std::string("\"\\\n\t\r\b\f/"),
                                  std::string("\xc3\xb6\xe2\x82\xac"
                                              "\xf0\x9f\x90\xb3")}) {
    const std::string got = line(RecordFormat::kJsonLines, record(text));
    fail_unless_equals_int(std::count(got.begin(), got.end(), '\n'), 1);
    fail_unless(nlohmann::json::parse(got)["class"] == text);
  }
  // Latin 1 is no UTF-8
  fail_unless(nlohmann::json::parse(
                  line(RecordFormat::kJsonLines, record("\xf6l")))["class"] ==
              "\xef\xbf\xbdl");
}
GST_END_TEST

static Suite *record_suite(void) {
  Suite *s = suite_create("record");
  TCase *c = tcase_create("all");
  suite_add_tcase(s, c);
  tcase_add_test(c, csv_has_the_names_and_values_in_their_order);
  tcase_add_test(c, csv_quotes_what_would_break_a_row);
  tcase_add_test(c, ravens_columns_come_first_under_its_names);
  tcase_add_test(c, raven_is_told_the_recording_where_it_is_known);
  tcase_add_test(c, nothing_in_a_text_breaks_a_row_of_tabs);
  tcase_add_test(c, audacity_has_the_class_first_and_the_frequencies_below);
  tcase_add_test(c, json_has_numbers_as_numbers_and_null_for_the_unknown);
  tcase_add_test(c, json_reads_back_every_text);
  return s;
}
GST_CHECK_MAIN(record)
