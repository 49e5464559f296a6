/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>

#include "sonar/core/error.h"
#include "sonar/mask/contact.h"
#include "sonar/mask/evidence.h"
#include "support/testing.h"

using sonar::ColumnRange;
using sonar::Image;
using namespace sonar::mask;
using Mode = ContactLearner::Mode;

static const double kRounding = 1e-6;    // a few float roundings of 0..1
static const double kRoundingDb = 5e-5;  // float32 levels to 60 dB and back

static const ColumnRange kAll{0, 40};

/** Levels that vary by up to +-1 dB around @p level and differ by pixel. */
static Image rough(std::size_t height, std::size_t width, float level,
                   std::size_t seed = 1) {
  Image out(height, width);
  for (std::size_t i = 0; i < out.size(); ++i)
    out.data()[i] = level + float((i + seed) * 37 % 101) / 50 - 1;
  return out;
}

/** Background 0 dB, with a steady line of @p line_db in @p row. */
static Image with_line(std::size_t row, float line_db, std::size_t width = 40) {
  Image out = rough(20, width, 0);
  for (std::size_t x = 0; x < width; ++x) out.at(row, x) += line_db;
  return out;
}

static double phi(double z) {
  return std::exp(-z * z / 2) / std::sqrt(2 * std::acos(-1.0));
}
static double Phi(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

GST_START_TEST(a_gate_is_mean_deviation_and_median_of_the_smoothed_levels) {
  const Image value = rough(3, 41, 5), background = rough(3, 41, -60, 17);
  const ColumnRange valid{2, 39};
  const ContactGate gate = learn_contact(value, background, valid);
  for (std::size_t y = 0; y < 3; ++y) {
    std::vector<double> level, smooth;
    for (std::size_t x = valid.begin; x < valid.end; ++x)
      level.push_back(value.at(y, x) + background.at(y, x));
    const auto power = [&](std::size_t x) {
      return std::pow(10, level[x] / 10);
    };
    for (std::size_t x = 0; x < level.size(); ++x)
      smooth.push_back(
          10 * std::log10(x == 0 ? (power(0) + power(1)) / 2
                          : x + 1 == level.size()
                              ? (power(x - 1) + power(x)) / 2
                              : (power(x - 1) + power(x) + power(x + 1)) / 3));
    double mean = 0, square = 0;
    for (const double v : smooth) mean += v / double(smooth.size());
    for (const double v : smooth)
      square += (v - mean) * (v - mean) / double(smooth.size());
    std::sort(level.begin(), level.end());
    ASSERT_NEAR_AT(y, gate.level_db[y], mean, kRoundingDb);
    ASSERT_NEAR_AT(y, gate.deviation_db[y], std::sqrt(square), kRoundingDb);
    ASSERT_NEAR_AT(y, gate.middle_db[y], level[18], kRoundingDb);
  }
}
GST_END_TEST

GST_START_TEST(steadiness_is_what_medians_stand_over_one_db) {
  Image value(4, 40, -2);
  std::fill_n(value.row(1), 40, 6.0f);   // 5 dB over 1 dB
  std::fill_n(value.row(2), 40, 1.5f);   // 0.5 dB
  std::fill_n(value.row(3), 15, 20.0f);  // loud, but not half of the time
  ASSERT_NEAR_AT(0, learn_contact(value, Image(4, 40, -60), kAll).steadiness_db,
                 5.5, kRoundingDb);
  // without a background, over the median row: -2 dB
  ASSERT_NEAR_AT(1, learn_contact(value, {}, kAll).steadiness_db, 7.0 + 2.5,
                 kRoundingDb);
}
GST_END_TEST

/* Of a contact that does not vary the deviation is the 3 dB of drift. */
GST_START_TEST(odds_are_the_mirrored_mills_ratio_of_the_deviation) {
  const ContactGate gate = learn_contact(Image(20, 40, -50), {}, kAll);
  const float rises[] = {0, 3, 6, -3, 15, 60};
  Image value(20, 40, -50);  // of most rows, so that the gain is 0
  for (std::size_t i = 0; i < 6; ++i)
    std::fill_n(value.row(i + 3), 40, -50 + rises[i]);
  const Image got = contact_odds(value, {}, {4, 36}, gate);
  for (std::size_t i = 0; i < 6; ++i) {
    const double z = rises[i] / 3;
    const double want = std::log(phi(z) / Phi(z)) - std::log(3);
    ASSERT_NEAR_AT(i, got.at(i + 3, 20), std::max(-30.0, want), kRoundingDb);
    ASSERT_NEAR_AT(i, got.at(i + 3, 3), 0, 0);
    ASSERT_NEAR_AT(i, got.at(i + 3, 36), 0, 0);
  }
}
GST_END_TEST

/* 40 standard deviations below, phi and Phi both underflow; the ratio is
 * between -z and -z - 1 / z. */
GST_START_TEST(odds_far_below_the_contact_are_finite_and_right) {
  ContactGate gate = learn_contact(Image(20, 40, 0), {}, kAll);
  Image value(20, 40, 0);
  std::fill_n(value.row(5), 40, -120.0f);
  const double got = contact_odds(value, {}, kAll, gate).at(5, 20);
  fail_unless(got >= std::log(40.0) - std::log(3.0) - kRoundingDb);
  fail_unless(got <= std::log(40.0 + 1 / 40.0) - std::log(3.0) + kRoundingDb);
}
GST_END_TEST

GST_START_TEST(a_contact_that_comes_nearer_or_goes_keeps_its_odds) {
  const Image value = with_line(7, 12), background = rough(20, 40, -60, 5);
  const ContactGate gate = learn_contact(value, background, kAll);
  const Image want = contact_odds(value, background, kAll, gate);
  for (const float change : {-11.0f, 4.0f, 11.0f}) {
    Image moved = background;
    for (std::size_t i = 0; i < moved.size(); ++i) moved.data()[i] += change;
    ASSERT_NEAR_AT(0, contact_gain_db(value, moved, kAll, gate), change,
                   kRoundingDb);
    const Image got = contact_odds(value, moved, kAll, gate);
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_NEAR_AT(i, got.data()[i], want.data()[i], 1e-4);  // 5e-5 dB / 3 dB
  }
}
GST_END_TEST

GST_START_TEST(the_gain_is_that_of_the_rows_that_another_source_leaves_alone) {
  const Image value = rough(20, 40, -50);
  const ContactGate gate = learn_contact(value, {}, kAll);
  Image heard = value;
  for (std::size_t i = 0; i < heard.size(); ++i)
    heard.data()[i] += i / 40 < 14 ? 23.0f : 2.0f;
  ASSERT_NEAR_AT(0, contact_gain_db(heard, {}, kAll, gate), 2, kRoundingDb);
  for (std::size_t i = 0; i < heard.size(); ++i) heard.data()[i] += 40;
  ASSERT_NEAR_AT(1, contact_gain_db(heard, {}, kAll, gate), 12, 0);
  ASSERT_NEAR_AT(2, contact_gain_db(heard, {}, {0, 7}, gate), 0, 0);
}
GST_END_TEST

GST_START_TEST(confidence_weighs_evidence_and_odds_with_the_point_at_075) {
  const Image value = with_line(7, 9), background(20, 40, -60);
  const ContactGate gate = learn_contact(with_line(7, 12), background, kAll);
  const ColumnRange valid{5, 37};
  const Image blind = blind_confidence(value, background, valid);
  const Image odds = contact_odds(value, background, valid, gate);
  const Image got = contact_confidence(value, background, valid, gate);
  for (std::size_t y = 0; y < 20; ++y)
    for (std::size_t x = 0; x < 40; ++x) {
      const double p = blind.at(y, x);
      const double logit =
          2 * std::log(p / (1 - p)) + odds.at(y, x) - 0.2 + std::log(3.0);
      const bool inside = x >= valid.begin && x < valid.end;
      // p is a float: its rounding grows by 1 / (1 - p), at most 200
      ASSERT_NEAR_AT(y * 40 + x, got.at(y, x),
                     inside ? 1 / (1 + std::exp(-logit)) : 0, 200 * kRounding);
    }
}
GST_END_TEST

GST_START_TEST(the_contacts_line_passes_and_a_line_beside_it_does_not) {
  const Image background(20, 40, -60);
  const ContactGate gate = learn_contact(with_line(7, 12), background, kAll);
  Image both = with_line(7, 12);
  for (std::size_t x = 0; x < 40; ++x) both.at(13, x) += 12;
  const Image blind = blind_confidence(both, background, kAll);
  const Image got = contact_confidence(both, background, kAll, gate);
  for (std::size_t x = 0; x < 40; ++x) {
    fail_unless(blind.at(7, x) > 0.75f && blind.at(13, x) > 0.75f);
    fail_unless(got.at(7, x) > 0.75f);
    fail_unless(got.at(13, x) < 0.75f);
    fail_unless(got.at(0, x) < 0.75f);  // background is no signal of anyone
  }
}
GST_END_TEST

static void assert_same(const ContactGate *got, const ContactGate &want) {
  fail_unless(got != nullptr);
  fail_unless(got->level_db == want.level_db);
  fail_unless(got->deviation_db == want.deviation_db);
  fail_unless(got->middle_db == want.middle_db);
  fail_unless(got->steadiness_db == want.steadiness_db);
}

static Image columns(const Image &image, std::size_t begin, std::size_t end) {
  Image out(image.height(), end - begin);
  for (std::size_t y = 0; y < out.height(); ++y)
    std::copy(image.row(y) + begin, image.row(y) + end, out.row(y));
  return out;
}

/** Puts @p value in pictures of 16 columns that overlap by 16 - @p advance. */
static void put_all(ContactLearner &learner, const Image &value,
                    const Image &background, std::size_t advance) {
  for (std::size_t x = 0; x + 16 <= value.width(); x += advance)
    learner.put(std::int64_t(x), columns(value, x, x + 16),
                columns(background, x, x + 16), {0, 16});
}

GST_START_TEST(a_marked_stretch_is_its_columns_once_whatever_the_overlap) {
  const Image value = rough(3, 48, 3), background = rough(3, 48, -60, 3);
  const ContactGate want = learn_contact(value, background, {0, 48});
  for (const std::size_t advance : {1, 4, 16}) {
    ContactLearner learner(Mode::kMarked, 1000);
    put_all(learner, value, background, advance);
    fail_unless(learner.gate() == nullptr);
    learner.finish();
    assert_same(learner.gate(), want);
  }
  ContactLearner full(Mode::kMarked, 40);  // ends where it is full
  put_all(full, value, background, 16);
  assert_same(full.gate(), learn_contact(value, background, {0, 40}));
}
GST_END_TEST

GST_START_TEST(a_marked_stretch_goes_on_after_a_break) {
  const Image value = rough(3, 48, 3), background = rough(3, 48, -60, 3);
  ContactLearner learner(Mode::kMarked, 48);
  learner.put(100, columns(value, 0, 20), columns(background, 0, 20), {0, 20});
  learner.put(0, columns(value, 20, 30), columns(background, 20, 30), {0, 10});
  learner.renumber();
  learner.put(0, columns(value, 20, 48), columns(background, 20, 48), {0, 28});
  assert_same(learner.gate(), learn_contact(value, background, {0, 48}));
}
GST_END_TEST

GST_START_TEST(too_short_a_marked_stretch_teaches_nothing) {
  ContactLearner learner(Mode::kMarked, 1000);
  learner.put(0, rough(3, 31, 3), {}, {0, 31});
  learner.finish();
  fail_unless(learner.gate() == nullptr);
  learner.put(31, rough(3, 1, 3), {}, {0, 1});
  learner.finish();
  fail_unless(learner.gate() != nullptr);
}
GST_END_TEST

GST_START_TEST(of_all_stretches_the_one_with_the_strongest_lines_is_kept) {
  const Image background(20, 40, -60);
  ContactLearner learner(Mode::kStrongest, 40);
  std::int64_t first = 0;
  const auto put = [&](const Image &value) {
    learner.put(first, value, background, {0, 40});
    first += 40;
  };
  put(rough(20, 40, 0));
  fail_unless(learner.gate() == nullptr);  // background is no contact
  put(with_line(7, 9));
  assert_same(learner.gate(), learn_contact(with_line(7, 9), background, kAll));
  put(with_line(3, 8));
  put(with_line(4, 10.5));  // stronger by less than a quarter
  fail_unless(learner.gate()->level_db[7] > -52);
  put(with_line(5, 14));
  assert_same(learner.gate(),
              learn_contact(with_line(5, 14), background, kAll));
}
GST_END_TEST

GST_START_TEST(a_transient_is_not_a_steady_line) {
  Image value = rough(20, 40, 0);
  for (std::size_t y = 0; y < 20; ++y) std::fill_n(value.row(y), 15, 30.0f);
  ContactLearner learner(Mode::kStrongest, 40);
  learner.put(0, value, Image(20, 40, -60), kAll);
  fail_unless(learner.gate() == nullptr);
}
GST_END_TEST

template <typename Body>
static void refused(Body &&body, const char *words) {
  try {
    body();
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    ck_assert_msg(std::string(e.what()).find(words) != std::string::npos,
                  "%s: %s", words, e.what());
    return;
  }
  ck_abort_msg("not refused: %s", words);
}

GST_START_TEST(what_does_not_fit_is_refused_with_got_and_needed) {
  const Image value(2, 40);
  const ContactGate gate = learn_contact(value, {}, kAll);
  refused([&] { learn_contact(value, {}, {0, 31}); }, "32 columns, got 31");
  refused([&] { learn_contact(value, Image(2, 39), kAll); }, "2 x 39");
  refused([&] { learn_contact(value, {}, {0, 41}); }, "no columns 0 to 41");
  refused([&] { contact_confidence(Image(3, 40), {}, kAll, gate); },
          "of 2 rows, this one has 3");
  refused([&] { ContactLearner(Mode::kMarked, 31); }, "got 31");
  ContactLearner learner(Mode::kMarked, 40);
  learner.put(0, value, {}, {0, 4});
  refused([&] { learner.put(4, Image(3, 40), {}, {0, 4}); }, "one has 3 rows");
  refused([&] { learner.put(4, value, value, {0, 4}); }, "all or none");
}
GST_END_TEST

static Suite *mask_contact_suite(void) {
  Suite *s = suite_create("mask_contact");
  TCase *gate = tcase_create("gate");
  suite_add_tcase(s, gate);
  tcase_add_test(gate,
                 a_gate_is_mean_deviation_and_median_of_the_smoothed_levels);
  tcase_add_test(gate, steadiness_is_what_medians_stand_over_one_db);
  tcase_add_test(gate, odds_are_the_mirrored_mills_ratio_of_the_deviation);
  tcase_add_test(gate, odds_far_below_the_contact_are_finite_and_right);
  tcase_add_test(gate, a_contact_that_comes_nearer_or_goes_keeps_its_odds);
  tcase_add_test(gate,
                 the_gain_is_that_of_the_rows_that_another_source_leaves_alone);
  tcase_add_test(gate,
                 confidence_weighs_evidence_and_odds_with_the_point_at_075);
  tcase_add_test(gate, the_contacts_line_passes_and_a_line_beside_it_does_not);
  TCase *learner = tcase_create("learner");
  suite_add_tcase(s, learner);
  tcase_add_test(learner,
                 a_marked_stretch_is_its_columns_once_whatever_the_overlap);
  tcase_add_test(learner, a_marked_stretch_goes_on_after_a_break);
  tcase_add_test(learner, too_short_a_marked_stretch_teaches_nothing);
  tcase_add_test(learner,
                 of_all_stretches_the_one_with_the_strongest_lines_is_kept);
  tcase_add_test(learner, a_transient_is_not_a_steady_line);
  tcase_add_test(learner, what_does_not_fit_is_refused_with_got_and_needed);
  return s;
}
GST_CHECK_MAIN(mask_contact)
