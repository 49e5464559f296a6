/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/ahead.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

#include "support/testing.h"

using sonar::models::Ahead;

GST_START_TEST(things_come_in_their_order_one_ahead_and_no_more) {
  std::atomic<int> made{0};
  Ahead<std::unique_ptr<int>> ahead(5, [&](int i) {
    ++made;
    return std::make_unique<int>(10 * i);
  });
  for (int i = 0; i < 5; ++i) {
    fail_unless_equals_int(*ahead.next(), 10 * i);
    fail_unless(made <= std::min(i + 2, 5));
  }
}
GST_END_TEST

GST_START_TEST(they_are_made_elsewhere_while_nobody_asks) {
  std::atomic<int> made{0};
  const std::thread::id here = std::this_thread::get_id();
  Ahead<bool> ahead(2, [&](int) {
    ++made;
    return std::this_thread::get_id() != here;
  });
  while (made < 1) std::this_thread::yield();
  fail_unless(ahead.next());
  while (made < 2) std::this_thread::yield();
  fail_unless(ahead.next());
}
GST_END_TEST

GST_START_TEST(what_making_throws_reaches_who_asks) {
  Ahead<int> ahead(2, [](int i) {
    if (i == 1) throw std::runtime_error("no more");
    return i;
  });
  fail_unless_equals_int(ahead.next(), 0);
  bool thrown = false;
  try {
    ahead.next();
  } catch (const std::runtime_error &e) {
    thrown = e.what() == std::string("no more");
  }
  fail_unless(thrown);
}
GST_END_TEST

GST_START_TEST(making_is_over_when_it_is_gone) {
  std::atomic<bool> going{false}, done{false};
  {
    Ahead<int> ahead(3, [&](int i) {
      going = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      done = true;
      return i;
    });
    while (!going) std::this_thread::yield();
  }
  fail_unless(done);
}
GST_END_TEST

static Suite *ahead_suite(void) {
  Suite *s = suite_create("ahead");
  TCase *tc = tcase_create("ahead");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, things_come_in_their_order_one_ahead_and_no_more);
  tcase_add_test(tc, they_are_made_elsewhere_while_nobody_asks);
  tcase_add_test(tc, what_making_throws_reaches_who_asks);
  tcase_add_test(tc, making_is_over_when_it_is_gone);
  return s;
}
GST_CHECK_MAIN(ahead)
