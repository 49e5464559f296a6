/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <clocale>
#include <numeric>
#include <random>

#include "sonar/clips/audio_run.h"
#include "sonar/clips/name.h"
#include "sonar/clips/schedule.h"
#include "support/testing.h"

using namespace sonar::clips;

constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();

static Detection heard(std::int64_t begin, std::int64_t end,
                       std::uint64_t id = 1, int label = 0, double score = 1) {
  Detection d;
  d.begin_ns = begin;
  d.end_ns = end;
  d.id = id;
  d.label = label;
  d.score = score;
  return d;
}

/* "[8,25) [30,32)": what is left in the schedule. */
static std::string left_in(Schedule schedule) {
  std::string all;
  for (; !schedule.empty(); schedule.pop_front())
    all += (all.empty() ? "[" : " [") +
           std::to_string(schedule.front().begin_ns) + "," +
           std::to_string(schedule.front().end_ns) + ")";
  return all;
}
static void same(const std::string &got, const std::string &want) {
  fail_unless(got == want, "got %s, want %s", got.c_str(), want.c_str());
}

/* ---- schedule ---- */

GST_START_TEST(a_detection_has_its_pre_and_post_roll) {
  Schedule s(2, 5);
  s.put({heard(10, 20)}, {}, kAll);
  same(left_in(s), "[8,25)");
  fail_unless(s.has_begun() && s.is_over());
}
GST_END_TEST

GST_START_TEST(clips_merge_where_they_touch_and_not_otherwise) {
  for (const std::int64_t second : {26, 27, 28}) {
    Schedule s(2, 5);
    s.put({heard(10, 20), heard(second, 30)}, {}, kAll);
    // the first ends at 25, where the second begins with 27
    same(left_in(s), second <= 27 ? "[8,35)" : "[8,25) [26,35)");
  }
  Schedule bridged(2, 5);
  bridged.put({heard(10, 20), heard(40, 50)}, {}, 0);
  same(left_in(bridged), "[8,25) [38,55)");
  bridged.put({heard(26, 34)}, {}, kAll);
  same(left_in(bridged), "[8,55)");
  fail_unless_equals_int(bridged.front().ended.size(), 3);
}
GST_END_TEST

GST_START_TEST(what_goes_on_grows_and_is_one_clip) {
  Schedule s(2, 5);
  s.put({}, {heard(10, 12, 0)}, 12);
  same(left_in(s), "[8,17)");
  fail_unless(s.has_begun() && !s.is_over());
  s.put({}, {heard(10, 20, 0)}, 20);
  same(left_in(s), "[8,25)");
  fail_unless_equals_int(s.front().ongoing.size(), 1);
  s.put({heard(10, 22)}, {}, 26);
  same(left_in(s), "[8,27)");
  fail_unless(s.front().ongoing.empty() && s.front().ended.size() == 1);
  fail_unless(!s.is_over());
  s.put({}, {}, 29);  // one that begins now would still touch it
  fail_unless(!s.is_over());
  s.put({}, {}, 30);
  fail_unless(s.is_over());
}
GST_END_TEST

GST_START_TEST(a_begin_is_certain_once_nothing_earlier_can_come) {
  Schedule s(2, 5);
  s.put({heard(10, 20)}, {}, 7);  // something that began at 7 may be told yet
  fail_unless(!s.has_begun());
  fail_unless_equals_int64(s.needed_ns(), 5);
  s.put({heard(7, 30)}, {}, 30);
  same(left_in(s), "[5,35)");
  fail_unless(s.has_begun());
  fail_unless_equals_int64(s.needed_ns(), 5);
}
GST_END_TEST

GST_START_TEST(what_was_taken_out_does_not_come_again) {
  Schedule s(2, 5);
  s.put({}, {heard(10, 20, 0)}, 20);
  s.pop_front();  // [8,25), as when the audio ends
  s.put({heard(10, 18)}, {}, 40);
  fail_unless(s.empty());
  fail_unless_equals_int64(s.needed_ns(), 38);
  s.put({heard(22, 50)}, {}, kAll);
  same(left_in(s), "[25,55)");
}
GST_END_TEST

/* Detections at random, told column by column or all at once. */
GST_START_TEST(clips_are_the_same_however_detections_are_told) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Detection> all;
    std::vector<bool> kept(800, false);  // halves, so that gaps of 1 show
    for (int i = 0; i < 12; ++i) {
      const auto begin = std::int64_t(20 + random() % 300);
      all.push_back(heard(begin, begin + 1 + std::int64_t(random() % 20)));
      for (auto t = 2 * (all.back().begin_ns - 7);
           t <= 2 * (all.back().end_ns + 11); ++t)
        kept[std::size_t(t)] = true;
    }
    std::string want;
    for (std::size_t t = 1; t < kept.size(); ++t) {
      if (kept[t] && !kept[t - 1])
        want += (want.empty() ? "[" : " [") + std::to_string(t / 2) + ",";
      if (!kept[t] && kept[t - 1]) want += std::to_string(t / 2) + ")";
    }
    Schedule once(7, 11), stream(7, 11);
    once.put(all, {}, kAll);
    same(left_in(once), want);
    std::string got;
    for (std::int64_t now = 0; now <= 400; now += 1 + round % 9) {
      std::vector<Detection> ended, ongoing;
      const std::int64_t before = now - (1 + round % 9);
      for (Detection d : all) {
        if (d.end_ns > before && d.end_ns <= now) ended.push_back(d);
        if (d.begin_ns >= now || d.end_ns <= now) continue;
        d.end_ns = now;
        ongoing.push_back(d);
      }
      stream.put(ended, ongoing, now);
      while (!stream.empty() && stream.is_over()) {
        Schedule one(0, 0);
        one.put({heard(stream.front().begin_ns, stream.front().end_ns)}, {},
                kAll);
        got += (got.empty() ? "" : " ") + left_in(one);
        stream.pop_front();
      }
    }
    same(got, want);
  }
}
GST_END_TEST

GST_START_TEST(the_class_of_a_clip_is_that_of_the_longest_detections) {
  fail_unless_equals_int(verdict_of({}).label, -1);
  const Verdict v = verdict_of({heard(0, 4000000000, 1, 2, 0.5),
                                heard(0, 3000000000, 2, 1, 1.0),
                                heard(9000000000, 11000000000, 3, 1, 0.5)});
  fail_unless_equals_int(v.label, 1);
  ASSERT_NEAR_AT(0, v.score, 0.8, 1e-12);
}
GST_END_TEST

GST_START_TEST(utc_is_by_the_nearest_end_that_knows_it) {
  Detection a = heard(10, 20), b = heard(40, 50);
  fail_unless_equals_int64(utc_of(12, {a, b}), kNoUtc);
  a.begin_utc_offset_ns = 1000;
  b.begin_utc_offset_ns = 2000;
  b.end_utc_offset_ns = 3000;
  fail_unless_equals_int64(utc_of(5, {a, b}), 1005);
  fail_unless_equals_int64(utc_of(24, {a, b}), 1024);
  fail_unless_equals_int64(utc_of(26, {a, b}), 2026);
  fail_unless_equals_int64(utc_of(60, {a, b}), 3060);
}
GST_END_TEST

/* ---- names ---- */

GST_START_TEST(a_name_has_utc_or_the_time_in_the_recording_and_the_id) {
  NameParts parts;
  parts.utc_ns = 1677736138140000000;
  parts.label = "vessel";
  parts.id = 17;
  same(file_stem(parts), "20230302T054858.140Z_vessel_000017");
  parts.part = 2;
  same(file_stem(parts), "20230302T054858.140Z_vessel_000017-2");
  parts = {};
  parts.stream_s = 12.3456;
  parts.id = 1234567;
  same(file_stem(parts), "000012.346s_unknown_1234567");
  parts.stream_s = -0.25;
  same(file_stem(parts), "000000.000s_unknown_1234567");
}
GST_END_TEST

GST_START_TEST(a_label_is_made_fit_for_a_file_name) {
  NameParts parts;
  parts.label = "../tug a:b\t\"x\"\\";
  same(file_stem(parts), "000000.000s_.._tug_a_b__x___000001");
  parts.label = "cargo+ferry \xc3\xb6";
  same(file_stem(parts), "000000.000s_cargo+ferry_\xc3\xb6_000001");
  parts.label = std::string(63, 'a') + "\xc3\xb6z";
  same(file_stem(parts), "000000.000s_" + std::string(63, 'a') + "_000001");
}
GST_END_TEST

/* ---- audio ---- */

GST_START_TEST(time_and_frames_of_a_run_go_to_and_fro) {
  const AudioRun run(5000000000, 44100, 4);
  fail_unless_equals_int64(run.frame_at(5000000000), 0);
  fail_unless_equals_int64(run.frame_at(6000000000), 44100);
  fail_unless_equals_int64(run.frame_at(4000000000), -44100);
  fail_unless_equals_int64(run.frame_at(5000000000 + 11337), 0);  // 0.49997
  fail_unless_equals_int64(run.frame_at(5000000000 + 11339), 1);  // 0.50005
  fail_unless_equals_int64(run.frame_at(5000000000 - 11337), 0);
  fail_unless_equals_int64(run.frame_at(5000000000 - 11339), -1);
  for (const std::int64_t frame :
       {std::int64_t(-3), std::int64_t(0), std::int64_t(1), std::int64_t(44099),
        std::int64_t(44100) * 86400 * 365 + 17})
    fail_unless_equals_int64(run.frame_at(run.time_of(frame)), frame);
}
GST_END_TEST

GST_START_TEST(frames_read_back_are_those_that_were_appended) {
  std::mt19937 random(3);
  AudioRun run(0, 100, 6);
  std::vector<std::uint8_t> all;
  std::int64_t kept = 0;
  for (int i = 0; i < 300; ++i) {
    const std::size_t frames = random() % 3000;
    const std::size_t from = all.size();
    for (std::size_t b = 0; b < frames * 6; ++b)
      all.push_back(std::uint8_t(random()));
    run.append(all.data() + from, frames);
    if (i % 3 == 0) kept = std::max(kept, run.end() - 20000);
    run.forget_before(kept);
    fail_unless_equals_int64(run.begin(), kept);
    fail_unless_equals_int64(run.end(), std::int64_t(all.size() / 6));
    fail_unless(run.bytes() < 20000 * 6 + 9000 * 6 + 3 * 65536);
    const std::uint8_t *data = nullptr;
    for (std::int64_t at = run.begin(); at < run.end();) {
      const std::size_t count = run.read(at, run.end(), &data);
      fail_unless(count > 0 && std::equal(data, data + count * 6,
                                          all.data() + std::size_t(at) * 6));
      at += std::int64_t(count);
    }
  }
  run.forget_before(run.end());
  fail_unless_equals_int64(run.begin(), run.end());
  run.append(all.data(), 7);
  const std::uint8_t *data = nullptr;
  fail_unless_equals_int(run.read(run.begin(), run.end(), &data), 7);
  fail_unless(std::equal(data, data + 42, all.data()));
}
GST_END_TEST

GST_START_TEST(the_oldest_can_be_given_up) {
  AudioRun run(0, 100, 4);
  const std::vector<std::uint8_t> zeros(4 * 100000);
  run.append(zeros.data(), 100000);
  const std::size_t before = run.bytes();
  run.forget_oldest(1);
  fail_unless_equals_int64(run.begin(), 16384);  // one block
  fail_unless(run.bytes() < before);
  run.forget_oldest(10 * before);
  fail_unless_equals_int64(run.begin(), 100000);
  fail_unless_equals_int(run.bytes(), 0);
}
GST_END_TEST

static Suite *clips_suite(void) {
  Suite *s = suite_create("clips");
  TCase *c = tcase_create("all");
  suite_add_tcase(s, c);
  tcase_add_test(c, a_detection_has_its_pre_and_post_roll);
  tcase_add_test(c, clips_merge_where_they_touch_and_not_otherwise);
  tcase_add_test(c, what_goes_on_grows_and_is_one_clip);
  tcase_add_test(c, a_begin_is_certain_once_nothing_earlier_can_come);
  tcase_add_test(c, what_was_taken_out_does_not_come_again);
  tcase_add_test(c, clips_are_the_same_however_detections_are_told);
  tcase_add_test(c, the_class_of_a_clip_is_that_of_the_longest_detections);
  tcase_add_test(c, utc_is_by_the_nearest_end_that_knows_it);
  tcase_add_test(c, a_name_has_utc_or_the_time_in_the_recording_and_the_id);
  tcase_add_test(c, a_label_is_made_fit_for_a_file_name);
  tcase_add_test(c, time_and_frames_of_a_run_go_to_and_fro);
  tcase_add_test(c, frames_read_back_are_those_that_were_appended);
  tcase_add_test(c, the_oldest_can_be_given_up);
  return s;
}
GST_CHECK_MAIN(clips)
