/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/line_tensors.h"

#include <functional>

#include "sonar/core/error.h"
#include "support/testing.h"
#include "support/tiny_lines.h"

using namespace sonar;
using namespace sonar::models;
using namespace sonar::testing;

using Tensors = std::map<std::string, Tensor>;

static lines::LineModel model() {
  lines::LineModel m = tiny_line_model();
  m.common = {{30}, {33.5}};
  m.classes[1].lines[2].offset_sd = 0.125;
  m.classes[1].ratio_sd = 0.5;
  m.classes[1].threshold = -2;
  return m;
}

static Tensors written(const lines::LineModel &m, double bin_hz = kFineHz) {
  Tensors tensors;
  add_line_tensors(m, bin_hz, tensors);
  return tensors;
}

static lines::LineModel read(const Tensors &tensors, double bin_hz = kFineHz) {
  const auto m = read_line_tensors(tensors, 2, bin_hz, kFineBins);
  fail_unless(m.has_value());
  return *m;
}

/* What was written in double is read back in float. */
static void assert_same(double got, double want) {
  fail_unless(float(got) == float(want), "got %.9g, want %.9g", got, want);
}

GST_START_TEST(what_is_written_is_read_back_to_a_floats_precision) {
  const lines::LineModel want = model(), got = read(written(want));
  fail_unless_equals_int(got.classes.size(), 2);
  for (std::size_t c = 0; c < 2; ++c) {
    assert_same(got.classes[c].ratio_sd, want.classes[c].ratio_sd);
    assert_same(got.classes[c].threshold, want.classes[c].threshold);
    fail_unless_equals_int(got.classes[c].lines.size(), 3);
    for (std::size_t j = 0; j < 3; ++j) {
      const lines::Line &a = got.classes[c].lines[j];
      const lines::Line &b = want.classes[c].lines[j];
      assert_same(a.frequency, b.frequency);
      assert_same(a.height_db, b.height_db);
      fail_unless_equals_int(a.moving, b.moving);
      assert_same(a.presence, b.presence);
      assert_same(a.level_db, b.level_db);
      assert_same(a.spread_db, b.spread_db);
      assert_same(a.offset_sd, b.offset_sd);
    }
  }
  fail_unless_equals_int(got.common.size(), 2);
  assert_same(got.common[0].frequency, 30);
  assert_same(got.common[1].frequency, 33.5);
  fail_unless(got.background.values() == want.background.values());
}
GST_END_TEST

GST_START_TEST(frequencies_in_the_file_are_in_hz) {
  const Tensors tensors = written(model());
  const Tensor &low = tensors.at("lines.0");
  fail_unless(low.shape == std::vector<std::int64_t>({3, 7}));
  assert_same(low.values[0], 14 * 8);     // bins of 8 Hz
  assert_same(low.values[6], 0.25 * 8);   // the offset's deviation
  assert_same(low.values[2], 1);          // moves
  assert_same(low.values[2 * 7 + 2], 0);  // does not
  assert_same(tensors.at("lines.common").values[1], 33.5 * 8);
  // so that a spectrum twice as fine finds them at twice the bin
  assert_same(read(tensors, kFineHz * 2).classes[0].lines[1].frequency, 9.5);
}
GST_END_TEST

GST_START_TEST(a_class_without_lines_and_none_in_common_leave_no_tensor) {
  lines::LineModel m = model();
  m.classes[0].lines.clear();
  m.common.clear();
  const Tensors tensors = written(m);
  fail_unless(!tensors.count("lines.0") && !tensors.count("lines.common"));
  const lines::LineModel got = read(tensors);
  fail_unless(got.classes[0].lines.empty() && got.common.empty());
  fail_unless_equals_int(got.classes[1].lines.size(), 3);
}
GST_END_TEST

GST_START_TEST(a_file_without_line_tensors_has_no_line_model) {
  fail_unless(!read_line_tensors({}, 2, kFineHz, kFineBins));
  fail_unless(
      !read_line_tensors({{"class.gate", {{1}, {0}}}}, 2, kFineHz, kFineBins));
}
GST_END_TEST

static void refused(const std::function<void(Tensors &)> &spoil,
                    const char *name, const char *words) {
  Tensors tensors = written(model());
  spoil(tensors);
  std::string what;
  try {
    read(tensors);
  } catch (const Error &e) {
    fail_unless(e.code() == Errc::kBadModel, "wrong kind of error: %s",
                e.what());
    what = e.what();
  }
  for (const char *part : {name, words, "train the model again"})
    fail_unless(what.find(part) != what.npos, "no \"%s\" in: %s", part,
                what.c_str());
}

/* Sets value number @p i of the first line of class 1. */
static std::function<void(Tensors &)> with(std::size_t i, float value) {
  return [i, value](Tensors &t) { t.at("lines.1").values[i] = value; };
}

GST_START_TEST(a_tensor_that_cannot_be_used_is_named_with_what_it_needs) {
  refused(
      [](Tensors &t) {
        t.at("lines.classes").shape = {2, 1};
      },
      "lines.classes", "2 values a class");
  refused(
      [](Tensors &t) {
        t.at("lines.classes").shape = {3, 2};
      },
      "lines.classes", "2 values a class");
  refused([](Tensors &t) { t.at("lines.classes").values[2] = 0; },
          "lines.classes", "standard deviations above 0");
  refused(
      [](Tensors &t) {
        t.at("lines.1").shape = {7, 3};
      },
      "lines.1", "7 values a line");
  refused([](Tensors &t) { t.at("lines.1").shape = {21}; }, "lines.1",
          "7 values a line");
  refused(with(0, 0), "lines.1", "frequencies inside the fine spectrum");
  refused(with(0, 513), "lines.1", "frequencies inside the fine spectrum");
  refused(with(3, 0), "lines.1", "presences between 0 and 1");
  refused(with(3, 1), "lines.1", "presences between 0 and 1");
  refused(with(5, 0), "lines.1", "standard deviations above 0");
  refused(with(6, -1), "lines.1", "standard deviations above 0");
  refused([](Tensors &t) { t.erase("lines.background"); }, "lines.background",
          "is missing");
  refused([](Tensors &t) { t.at("lines.background").values.pop_back(); },
          "lines.background", "46 values above 0");
  refused([](Tensors &t) { t.at("lines.background").values[3] = 0; },
          "lines.background", "46 values above 0");
  refused([](Tensors &t) { t.at("lines.common").values[1] = 513; },
          "lines.common", "frequencies inside the fine spectrum");
  refused([](Tensors &t) { t.at("lines.common").values[0] = -8; },
          "lines.common", "frequencies inside the fine spectrum");
}
GST_END_TEST

static Suite *line_tensors_suite(void) {
  Suite *s = suite_create("line_tensors");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, what_is_written_is_read_back_to_a_floats_precision);
  tcase_add_test(tc, frequencies_in_the_file_are_in_hz);
  tcase_add_test(tc, a_class_without_lines_and_none_in_common_leave_no_tensor);
  tcase_add_test(tc, a_file_without_line_tensors_has_no_line_model);
  tcase_add_test(tc, a_tensor_that_cannot_be_used_is_named_with_what_it_needs);
  return s;
}
GST_CHECK_MAIN(line_tensors)
