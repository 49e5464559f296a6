/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <cmath>
#include <random>

#include "sonar/tonal/family.h"
#include "support/testing.h"

using namespace sonar::tonal;

static const double kResolution = 1.44;  // a Hann window of 1 Hz bins

static Tonal tonal_at(std::uint64_t id, double hz, double uncertainty = 0.05,
                      double level_db = -40) {
  Tonal t;
  t.id = id;
  t.frequency_hz = hz;
  t.uncertainty_hz = uncertainty;
  t.level_db = level_db;
  return t;
}

/* Harmonics of @p hz, each off by up to @p off. */
static void add_comb(double hz, const std::vector<int> &numbers, double off,
                     std::vector<Tonal> &tonals, double level_db = -40) {
  std::mt19937_64 draw(tonals.size() + 7);
  for (const int n : numbers) {
    const double u = 2 * double(draw() >> 11) * 0x1p-53 - 1;
    tonals.push_back(
        tonal_at(tonals.size() + 1, n * hz + off * u, 0.05, level_db));
  }
}

static std::vector<Family> found_in(const std::vector<Tonal> &tonals) {
  auto families = find_families(tonals, kResolution);
  name_origins(families, tonals);
  return families;
}

GST_START_TEST(a_family_is_found_with_members_missing) {
  std::vector<Tonal> tonals;
  add_comb(38.25, {1, 2, 3, 5, 6, 8}, 0.05, tonals);
  for (const double hz : {57.3, 203.9, 281.0})  // anybody's
    tonals.push_back(tonal_at(tonals.size() + 1, hz));
  const auto families = found_in(tonals);
  fail_unless_equals_int(families.size(), 1);
  const Family &f = families[0];
  ASSERT_NEAR_AT(0, f.fundamental_hz, 38.25, 3 * f.uncertainty_hz);
  fail_unless(f.uncertainty_hz < 0.02);
  fail_unless(f.chance < 1e-3);
  fail_unless(f.origin == Origin::kUnknown);
  const std::vector<int> numbers = {1, 2, 3, 5, 6, 8};
  fail_unless_equals_int(f.members.size(), numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    fail_unless_equals_int(f.members[i].harmonic, numbers[i]);
    fail_unless(f.members[i].tonal == i + 1);
  }
}
GST_END_TEST

/* Even harmonics alone lie as near to a comb of twice the spacing, with fewer
 * gaps; the odd ones tell. */
GST_START_TEST(a_fundamental_keeps_its_odd_harmonics) {
  std::vector<Tonal> tonals;
  add_comb(22.87, {1, 2, 3, 4, 6, 8, 12}, 0.01, tonals);
  for (Tonal &t : tonals) t.uncertainty_hz = 0.012;
  add_comb(60, {1, 2, 3, 5, 6}, 0.01, tonals);
  const auto families = found_in(tonals);
  fail_unless_equals_int(families.size(), 2);
  const auto engine = std::find_if(
      families.begin(), families.end(),
      [](const Family &f) { return f.origin == Origin::kUnknown; });
  fail_unless(engine != families.end());
  ASSERT_NEAR_AT(0, engine->fundamental_hz, 22.87, 0.02);
  fail_unless(engine->members.size() >= 6);
  fail_unless_equals_int(engine->members[2].harmonic, 3);
}
GST_END_TEST

GST_START_TEST(the_fundamental_is_the_weighted_least_squares_one) {
  const std::vector<Tonal> tonals = {
      tonal_at(1, 20.02, 0.05), tonal_at(2, 39.98, 0.02),
      tonal_at(3, 60.06, 0.1), tonal_at(4, 80.0, 0.03)};
  double nf = 0, nn = 0;
  for (int n = 1; n <= 4; ++n) {
    const Tonal &t = tonals[std::size_t(n) - 1];
    const double s = std::hypot(t.uncertainty_hz, 5e-4 * t.frequency_hz);
    nf += n * t.frequency_hz / (s * s);
    nn += n * n / (s * s);
  }
  const auto families = find_families(tonals, kResolution);
  fail_unless_equals_int(families.size(), 1);
  ASSERT_NEAR_AT(0, families[0].fundamental_hz, nf / nn, 1e-9);
  ASSERT_NEAR_AT(0, families[0].uncertainty_hz, 1 / std::sqrt(nn), 1e-9);
}
GST_END_TEST

GST_START_TEST(lines_in_random_places_rarely_make_a_family) {
  std::size_t families = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 draw(seed + 1000);
    std::vector<Tonal> tonals;
    for (std::uint64_t i = 0; i < 20; ++i)
      tonals.push_back(
          tonal_at(i + 1, 10 + 490 * double(draw() >> 11) * 0x1p-53, 0.1));
    families += find_families(tonals, kResolution).size();
  }
  // 0.05 are to be expected of each, 10 in all; the trials are counted
  // roughly, so let it be twice as many
  fail_unless(families <= 20, "%zu families in 200 pictures", families);
}
GST_END_TEST

GST_START_TEST(generators_are_mains_and_an_engine_beside_them_is_none) {
  for (const double mains : {50.0, 60.0}) {
    std::vector<Tonal> tonals;
    add_comb(mains * 1.003, {1, 2, 3, 4}, 0.03, tonals);
    add_comb(43.7, {1, 2, 3, 4, 5}, 0.03, tonals);
    const auto families = found_in(tonals);
    fail_unless_equals_int(families.size(), 2);
    fail_unless(families[0].origin == Origin::kUnknown);
    fail_unless(families[1].origin ==
                (mains < 55 ? Origin::kMains50 : Origin::kMains60));
    // drifting by 1 % in 10 s: no governor holds it
    for (Tonal &t : tonals) t.drift_hz_per_s = 1e-3 * t.frequency_hz;
    for (const Family &f : found_in(tonals))
      fail_unless(f.origin == Origin::kUnknown);
  }
}
GST_END_TEST

GST_START_TEST(harmonics_of_50_and_60_hz_make_no_family_of_10) {
  std::vector<Tonal> tonals;
  add_comb(50, {1, 2, 3, 4, 6}, 0.02, tonals);
  add_comb(60, {1, 2, 3, 4}, 0.02, tonals);
  for (const Family &f : found_in(tonals))
    fail_unless(f.fundamental_hz > 45, "a family of %g Hz", f.fundamental_hz);
}
GST_END_TEST

GST_START_TEST(a_multiple_of_a_shafts_family_is_the_blade_rate) {
  std::vector<Tonal> tonals;
  add_comb(2.3, {1, 2, 3, 5, 6}, 0.005, tonals);
  add_comb(9.2, {1, 2, 3, 4, 5}, 0.005, tonals, -20);
  for (Tonal &t : tonals) t.uncertainty_hz = 0.01;
  std::vector<Family> families(2);
  families[0].fundamental_hz = 2.3;
  families[1].fundamental_hz = 9.205;
  families[0].uncertainty_hz = families[1].uncertainty_hz = 0.003;
  name_origins(families, tonals);
  fail_unless(families[0].origin == Origin::kShaft);
  fail_unless(families[1].origin == Origin::kBladeRate);
  fail_unless_equals_int(families[0].blades, 4);
  fail_unless_equals_int(families[1].blades, 4);
  ASSERT_NEAR_AT(1, families[1].shaft_hz, 2.3, 1e-9);
  families[1].fundamental_hz = 9.5;  // no multiple
  name_origins(families, tonals);
  fail_unless(families[1].origin == Origin::kUnknown);
  families[0].fundamental_hz = 23;  // no propeller turns so fast
  families[1].fundamental_hz = 92;
  name_origins(families, tonals);
  fail_unless(families[0].origin == Origin::kUnknown);
}
GST_END_TEST

GST_START_TEST(harmonics_stressed_by_the_blades_tell_how_many_there_are) {
  std::vector<Tonal> tonals;
  for (int n = 1; n <= 15; ++n)
    tonals.push_back(
        tonal_at(std::uint64_t(n), 2.5 * n, 0.01, n % 5 == 0 ? -30 : -42));
  const auto families = find_families(tonals, 0.36);
  fail_unless_equals_int(families.size(), 1);
  auto named = families;
  name_origins(named, tonals);
  fail_unless(named[0].origin == Origin::kShaft);
  fail_unless_equals_int(named[0].blades, 5);
  ASSERT_NEAR_AT(0, named[0].shaft_hz, 2.5, 0.01);
}
GST_END_TEST

GST_START_TEST(a_family_keeps_its_id_while_it_drifts_and_loses_members) {
  FamilyTracker tracker(16);
  std::uint64_t id = 0;
  for (int i = 0; i < 20; ++i) {
    std::vector<Tonal> tonals;
    std::vector<int> numbers = {1, 2, 3, 4, 5};
    if (i % 3 == 1) numbers.erase(numbers.begin() + 1);
    add_comb(30 + 0.02 * i, numbers, 0.01, tonals);
    auto families = find_families(tonals, kResolution);
    fail_unless_equals_int(families.size(), 1);
    tracker.put(families, 64 + 8 * i, 64);
    if (i == 0) id = families[0].id;
    fail_unless(families[0].id == id && id > 0);
    fail_unless_equals_int64(families[0].column_begin, 0);
  }
  FamilyTracker::Followed ended;
  std::vector<Family> none;
  tracker.put(none, 64 + 8 * 19 + 16, 64);
  fail_unless(!tracker.pop(ended));
  tracker.put(none, 64 + 8 * 19 + 17, 64);
  fail_unless(tracker.pop(ended));
  fail_unless_equals_int64(ended.column_end, 64 + 8 * 19);
  fail_unless_equals_int(ended.family.members.size(), 5);
  fail_unless(!tracker.pop(ended));
}
GST_END_TEST

GST_START_TEST(a_drained_tracker_tells_all_its_families_in_order_of_their_end) {
  FamilyTracker tracker(1000);
  std::vector<Tonal> a, b;
  add_comb(30, {1, 2, 3, 4, 5}, 0.01, a);
  add_comb(77, {1, 2, 3, 4, 5}, 0.01, b);
  auto first = find_families(a, kResolution);
  auto second = find_families(b, kResolution);
  tracker.put(first, 64, 64);
  tracker.put(second, 128, 64);
  tracker.put(first, 192, 64);
  tracker.drain();
  FamilyTracker::Followed ended;
  fail_unless(tracker.pop(ended) && ended.column_end == 128);
  fail_unless(tracker.pop(ended) && ended.column_end == 192);
  fail_unless_equals_int64(ended.column_begin, 0);
  fail_unless(!tracker.pop(ended));
}
GST_END_TEST

static Suite *tonal_family_suite() {
  Suite *s = suite_create("tonal_family");
  TCase *c = tcase_create("general");
  tcase_add_test(c, a_family_is_found_with_members_missing);
  tcase_add_test(c, a_fundamental_keeps_its_odd_harmonics);
  tcase_add_test(c, the_fundamental_is_the_weighted_least_squares_one);
  tcase_add_test(c, lines_in_random_places_rarely_make_a_family);
  tcase_add_test(c, generators_are_mains_and_an_engine_beside_them_is_none);
  tcase_add_test(c, harmonics_of_50_and_60_hz_make_no_family_of_10);
  tcase_add_test(c, a_multiple_of_a_shafts_family_is_the_blade_rate);
  tcase_add_test(c, harmonics_stressed_by_the_blades_tell_how_many_there_are);
  tcase_add_test(c, a_family_keeps_its_id_while_it_drifts_and_loses_members);
  tcase_add_test(
      c, a_drained_tracker_tells_all_its_families_in_order_of_their_end);
  suite_add_tcase(s, c);
  return s;
}

GST_CHECK_MAIN(tonal_family)
