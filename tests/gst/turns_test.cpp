/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns among threads; no element, and no clock but a number. */
#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "specnn/turns.h"
#include "support/testing.h"

using sonar::specnn::Turns;
using Frame = Turns::Frame;

static const Frame kOnTime{nullptr, 0, 1000, false, false};
static const Frame kBehind{nullptr, 0, 1000, true, false};
static const Frame kLate{nullptr, 0, 1000, true, true};

static Turns::Work begin(Turns &turns, const int &who, const Frame &frame,
                         bool must = false) {
  return turns.begin(
      &who, [&] { return frame; }, must);
}

GST_START_TEST(a_late_frame_goes_without_unless_it_must_not) {
  Turns turns(1);
  const int a = 0;
  fail_unless(bool(begin(turns, a, kOnTime)));
  fail_unless(!begin(turns, a, kLate));
  fail_unless(bool(begin(turns, a, kLate, true)));
}
GST_END_TEST

GST_START_TEST(while_one_is_behind_who_skipped_less_lets_the_others_go_first) {
  Turns turns(1);
  const int a = 0, b = 0;
  begin(turns, a, kLate);
  fail_unless(!begin(turns, b, kOnTime));  // a is behind, b never skipped
  begin(turns, a, kLate);
  begin(turns, a, kLate);
  fail_unless(!begin(turns, b, kBehind));  // once is less than three times
  fail_unless(bool(begin(turns, a, kBehind)));
  begin(turns, a, kOnTime);
  begin(turns, b, kOnTime);
  fail_unless(bool(begin(turns, b, kOnTime)));  // nobody is behind
}
GST_END_TEST

GST_START_TEST(who_has_left_or_was_silent_or_has_another_clock_does_not_count) {
  const int a = 0, b = 0;
  const Frame elsewhere{reinterpret_cast<GstClock *>(8), 0, 1000, false, false};
  const Frame later{nullptr, 1001, 2000, false, false};
  for (const int how : {0, 1, 2, 3}) {
    Turns turns(1);
    begin(turns, a, kLate);
    if (how == 1) turns.leave(&a);
    fail_unless(bool(begin(turns, b,
                           how == 2   ? later
                           : how == 3 ? elsewhere
                                      : kOnTime)) == (how != 0),
                "%d", how);
  }
}
GST_END_TEST

GST_START_TEST(a_frame_that_becomes_late_while_it_waits_goes_without) {
  Turns turns(1);
  const int a = 0, b = 0;
  auto work = std::make_unique<Turns::Work>(begin(turns, a, kOnTime));
  std::atomic<int> looks{0};
  bool got = true;
  std::thread other([&] {
    got = bool(turns.begin(
        &b, [&] { return looks++ == 0 ? kOnTime : kLate; }, false));
  });
  while (looks == 0) std::this_thread::yield();
  work.reset();
  other.join();
  fail_unless(!got);
  fail_unless_equals_int(looks, 2);
  fail_unless(bool(begin(turns, b, kOnTime, true)));  // it is nobody's turn
}
GST_END_TEST

GST_START_TEST(no_more_work_goes_on_at_a_time_than_there_may) {
  constexpr int kAtATime = 2;
  Turns turns(kAtATime);
  std::atomic<int> working{0}, most{0}, done{0};
  std::vector<std::thread> threads;
  int who[8] = {};
  for (int &w : who)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto work = begin(turns, w, kOnTime);
        const int now = ++working;
        for (int seen = most;
             seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::yield();
        done += bool(work);
        --working;
      }
    });
  for (auto &t : threads) t.join();
  fail_unless(most <= kAtATime);
  fail_unless_equals_int(done, 8 * 50);
}
GST_END_TEST

static Suite *turns_suite(void) {
  Suite *s = suite_create("turns");
  TCase *tc = tcase_create("all");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, a_late_frame_goes_without_unless_it_must_not);
  tcase_add_test(tc,
                 while_one_is_behind_who_skipped_less_lets_the_others_go_first);
  tcase_add_test(
      tc, who_has_left_or_was_silent_or_has_another_clock_does_not_count);
  tcase_add_test(tc, a_frame_that_becomes_late_while_it_waits_goes_without);
  tcase_add_test(tc, no_more_work_goes_on_at_a_time_than_there_may);
  return s;
}
GST_CHECK_MAIN(turns)
