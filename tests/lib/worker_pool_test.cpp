/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/core/worker_pool.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "support/testing.h"

using sonar::WorkerPool;

/** Threads that meet: arrive() returns once @p count have come, again and
 *  again. */
class Meeting {
 public:
  explicit Meeting(std::size_t count) : count_(count) {}
  void arrive() {
    std::unique_lock<std::mutex> hold(lock_);
    const std::size_t round = here_++ / count_;
    changed_.notify_all();
    changed_.wait(hold, [&] { return here_ / count_ > round; });
  }

 private:
  std::size_t count_, here_ = 0;
  std::mutex lock_;
  std::condition_variable changed_;
};

/** How many are inside at once, and the most there ever were. */
class Crowd {
 public:
  void enter() {
    const int now = ++inside_;
    int most = most_;
    while (most < now && !most_.compare_exchange_weak(most, now)) continue;
  }
  void leave() { --inside_; }
  int most() const { return most_; }

 private:
  std::atomic<int> inside_{0}, most_{0};
};

/* Gives the processor away often enough that a thread that could come in does;
 * a test that relies on it cannot fail without a fault. */
static void linger() {
  for (int i = 0; i < 10; ++i) std::this_thread::yield();
}

static std::size_t threads_of_the_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task"), end;
  return std::size_t(std::distance(tasks, end));
}

static const std::size_t kSizes[] = {1, 2, 5};

GST_START_TEST(every_index_is_given_once) {
  WorkerPool pool(kSizes[__i__]);
  fail_unless_equals_int(pool.size(), kSizes[__i__]);
  for (const std::size_t count : {1, 2, 3, 64, 1000})
    for (const std::size_t at_most : {0, 1, 3, 100}) {
      std::vector<std::atomic<int>> given(count);
      pool.run(
          count, [&](std::size_t i) { ++given.at(i); }, at_most);
      for (const auto &times : given) fail_unless_equals_int(times, 1);
    }
}
GST_END_TEST

GST_START_TEST(nothing_is_called_for_a_count_of_zero) {
  WorkerPool pool(2);
  pool.run(0, [](std::size_t) { ck_abort_msg("called"); });
}
GST_END_TEST

GST_START_TEST(a_pool_of_no_threads_has_one) {
  WorkerPool pool(0);
  fail_unless_equals_int(pool.size(), 1);
  int calls = 0;
  pool.run(3, [&](std::size_t) { ++calls; });
  fail_unless_equals_int(calls, 3);
}
GST_END_TEST

GST_START_TEST(threads_are_made_with_the_first_run_and_end_with_the_pool) {
  const std::size_t before = threads_of_the_process();
  {
    WorkerPool pool(3);
    fail_unless_equals_int(threads_of_the_process(), before);
    pool.run(1, [](std::size_t) {});
    fail_unless_equals_int(threads_of_the_process(), before + 3);
    pool.run(100, [](std::size_t) {});
    fail_unless_equals_int(threads_of_the_process(), before + 3);
  }
  // joined, so gone from the kernel's list or about to be
  for (int i = 0; i < 1000 && threads_of_the_process() > before; ++i) linger();
  fail_unless_equals_int(threads_of_the_process(), before);
}
GST_END_TEST

GST_START_TEST(a_pool_in_one_thread_takes_the_items_in_order) {
  WorkerPool pool(1);
  std::vector<std::size_t> order;
  pool.run(20, [&](std::size_t i) { order.push_back(i); });
  fail_unless_equals_int(order.size(), 20);
  fail_unless(std::is_sorted(order.begin(), order.end()));
}
GST_END_TEST

/* Hangs, up to the test's time limit, where one is left out. */
GST_START_TEST(all_threads_of_the_pool_work_at_once) {
  WorkerPool pool(4);
  for (const std::size_t at_most : {0, 4, 100}) {
    Meeting meeting(4);
    Crowd crowd;
    pool.run(
        40,
        [&](std::size_t) {
          crowd.enter();
          meeting.arrive();
          crowd.leave();
        },
        at_most);
    fail_unless_equals_int(crowd.most(), 4);
  }
}
GST_END_TEST

GST_START_TEST(no_more_bodies_run_at_once_than_were_asked_for) {
  WorkerPool pool(4);
  for (const std::size_t at_most : {1, 2, 3}) {
    Meeting meeting(at_most);  // so there are as many as were asked for
    Crowd crowd;
    pool.run(
        at_most * 20,
        [&](std::size_t) {
          crowd.enter();
          meeting.arrive();
          linger();
          crowd.leave();
        },
        at_most);
    fail_unless_equals_int(crowd.most(), at_most);
  }
}
GST_END_TEST

GST_START_TEST(callers_together_get_no_more_than_the_threads_of_the_pool) {
  WorkerPool pool(2);
  Crowd crowd;
  std::atomic<int> calls{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 5; ++c)
    callers.emplace_back([&] {
      for (int repeat = 0; repeat < 10; ++repeat)
        pool.run(8, [&](std::size_t) {
          crowd.enter();
          ++calls;
          linger();
          crowd.leave();
        });
    });
  for (std::thread &caller : callers) caller.join();
  fail_unless_equals_int(calls, 5 * 10 * 8);
  fail_unless(crowd.most() <= 2, "%d bodies at once", crowd.most());
}
GST_END_TEST

/* The first caller's items end only when those of the second have all run, so
 * the second is sure to come while the first has items left. */
GST_START_TEST(two_callers_are_served_in_turn_an_item_each) {
  WorkerPool pool(1);
  struct Over {};
  const std::size_t wanted = 20;
  std::string order;  // from the second caller's first item on
  std::atomic<bool> started{false};
  std::thread second;
  const auto end_of_second = [&] {
    return std::size_t(std::count(order.begin(), order.end(), 'b')) == wanted;
  };
  try {
    pool.run(std::size_t(-1), [&](std::size_t) {
      if (!started.exchange(true))
        second = std::thread(
            [&] { pool.run(wanted, [&](std::size_t) { order += 'b'; }); });
      if (end_of_second()) throw Over();
      if (!order.empty()) order += 'a';
    });
    ck_abort_msg("the first caller ended by itself");
  } catch (const Over &) {
  }
  second.join();
  std::string want = "b";
  for (std::size_t i = 1; i < wanted; ++i) want += "ab";
  ck_assert_str_eq(order.c_str(), want.c_str());
}
GST_END_TEST

GST_START_TEST(an_exception_is_thrown_again_and_no_later_item_starts) {
  WorkerPool pool(1);
  std::vector<std::size_t> started;
  std::string what;
  try {
    pool.run(10, [&](std::size_t i) {
      started.push_back(i);
      if (i >= 3) throw std::runtime_error("item " + std::to_string(i));
    });
  } catch (const std::runtime_error &e) {
    what = e.what();
  }
  ck_assert_str_eq(what.c_str(), "item 3");
  fail_unless_equals_int(started.size(), 4);
  // the pool goes on
  int calls = 0;
  pool.run(5, [&](std::size_t) { ++calls; });
  fail_unless_equals_int(calls, 5);
}
GST_END_TEST

/* All threads throw, so none can take another item before a failure is known.
 */
GST_START_TEST(one_of_several_exceptions_is_thrown_when_all_bodies_are_done) {
  WorkerPool pool(4);
  for (int repeat = 0; repeat < 20; ++repeat) {
    Meeting meeting(4);
    std::atomic<int> started{0}, inside{0};
    struct Leave {
      std::atomic<int> &count;
      ~Leave() { --count; }
    };
    int thrown = -1;
    try {
      pool.run(100, [&](std::size_t i) {
        ++started, ++inside;
        const Leave leave{inside};
        meeting.arrive();
        throw int(i);
      });
    } catch (int item) {
      thrown = item;
      fail_unless_equals_int(inside, 0);
    }
    fail_unless(thrown >= 0 && thrown < 4, "threw %d", thrown);
    fail_unless_equals_int(started, 4);
  }
}
GST_END_TEST

GST_START_TEST(a_failure_of_one_caller_is_no_others) {
  WorkerPool pool(2);
  Meeting both(2);  // one body of each
  std::atomic<int> calls{0};
  bool failed = false;
  std::thread bad([&] {
    try {
      pool.run(
          4,
          [&](std::size_t) {
            both.arrive();
            throw 1;
          },
          1);
    } catch (int) {
      failed = true;
    }
  });
  pool.run(
      30,
      [&](std::size_t i) {
        if (i == 0) both.arrive();
        ++calls;
      },
      1);
  bad.join();
  fail_unless(failed);
  fail_unless_equals_int(calls, 30);
}
GST_END_TEST

GST_START_TEST(a_run_within_a_body_works_on_that_thread) {
  WorkerPool pool(kSizes[__i__]), other(2);
  std::atomic<int> calls{0}, elsewhere{0};
  pool.run(6, [&](std::size_t) {
    const std::thread::id here = std::this_thread::get_id();
    for (WorkerPool *const asked : {&pool, &other}) {
      std::size_t next = 0;
      asked->run(7, [&](std::size_t i) {
        ++calls;
        elsewhere += std::this_thread::get_id() != here || i != next++;
      });
    }
  });
  fail_unless_equals_int(calls, 6 * 2 * 7);
  fail_unless_equals_int(elsewhere, 0);
}
GST_END_TEST

GST_START_TEST(an_exception_within_a_run_within_a_body_reaches_the_caller) {
  WorkerPool pool(2);
  int thrown = 0;
  try {
    pool.run(1, [&](std::size_t) {
      pool.run(5, [](std::size_t i) {
        if (i == 2) throw 2;
        if (i > 2) throw 3;
      });
    });
  } catch (int item) {
    thrown = item;
  }
  fail_unless_equals_int(thrown, 2);
}
GST_END_TEST

static cpu_set_t affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  fail_unless_equals_int(sched_getaffinity(0, sizeof set, &set), 0);
  return set;
}

GST_START_TEST(settings_of_process_and_caller_stay_as_they_were) {
  const cpu_set_t before = affinity();
  const int nice_before = getpriority(PRIO_PROCESS, 0);
  std::atomic<int> other{0};
  const std::thread::id caller = std::this_thread::get_id();
  WorkerPool::shared().run(8, [&](std::size_t) {
    const cpu_set_t here = affinity();
    other += !CPU_EQUAL(&here, &before) ||
             getpriority(PRIO_PROCESS, 0) != nice_before ||
             std::this_thread::get_id() == caller;
  });
  fail_unless_equals_int(other, 0);
  const cpu_set_t after = affinity();
  fail_unless(CPU_EQUAL(&before, &after));
  fail_unless_equals_int(getpriority(PRIO_PROCESS, 0), nice_before);
}
GST_END_TEST

/* Each test is a process of its own, so the shared pool is new here. */
GST_START_TEST(the_shared_pool_is_as_large_as_the_processors_it_may_run_on) {
  cpu_set_t set = affinity();
  const int keep = __i__ + 1, had = CPU_COUNT(&set);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&set) > keep; ++cpu)
    CPU_CLR(cpu, &set);
  fail_unless_equals_int(sched_setaffinity(0, sizeof set, &set), 0);
  fail_unless_equals_int(WorkerPool::shared().size(), std::min(keep, had));
  fail_unless(&WorkerPool::shared() == &WorkerPool::shared());
}
GST_END_TEST

static Suite *worker_pool_suite(void) {
  Suite *s = suite_create("worker_pool");
  TCase *tc = tcase_create("worker_pool");
  suite_add_tcase(s, tc);
  tcase_set_timeout(tc, 20);  // who is not served waits for ever
  const int sizes = G_N_ELEMENTS(kSizes);
  tcase_add_loop_test(tc, every_index_is_given_once, 0, sizes);
  tcase_add_test(tc, nothing_is_called_for_a_count_of_zero);
  tcase_add_test(tc, a_pool_of_no_threads_has_one);
  tcase_add_test(tc, threads_are_made_with_the_first_run_and_end_with_the_pool);
  tcase_add_test(tc, a_pool_in_one_thread_takes_the_items_in_order);
  tcase_add_test(tc, all_threads_of_the_pool_work_at_once);
  tcase_add_test(tc, no_more_bodies_run_at_once_than_were_asked_for);
  tcase_add_test(tc, callers_together_get_no_more_than_the_threads_of_the_pool);
  tcase_add_test(tc, two_callers_are_served_in_turn_an_item_each);
  tcase_add_test(tc, an_exception_is_thrown_again_and_no_later_item_starts);
  tcase_add_test(tc,
                 one_of_several_exceptions_is_thrown_when_all_bodies_are_done);
  tcase_add_test(tc, a_failure_of_one_caller_is_no_others);
  tcase_add_loop_test(tc, a_run_within_a_body_works_on_that_thread, 0, sizes);
  tcase_add_test(tc,
                 an_exception_within_a_run_within_a_body_reaches_the_caller);
  tcase_add_test(tc, settings_of_process_and_caller_stay_as_they_were);
  tcase_add_loop_test(
      tc, the_shared_pool_is_as_large_as_the_processors_it_may_run_on, 0, 2);
  return s;
}
GST_CHECK_MAIN(worker_pool)
