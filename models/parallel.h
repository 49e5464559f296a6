/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sonar::models {

/**
 * Calls a worker for every index below @p count on up to @p threads threads
 * (0 and 1: on the caller's). @p make_worker is called once a thread, by the
 * caller, and gives what is called with each index. @p progress(done, count)
 * is called under a lock; it may be empty or throw. The first exception ends
 * the run and is thrown again.
 */
template <class MakeWorker>
void for_each_in_parallel(
    std::size_t count, std::size_t threads,
    const std::function<void(std::size_t, std::size_t)> &progress,
    const MakeWorker &make_worker) {
  std::atomic<std::size_t> next{0};
  std::size_t done = 0;
  std::mutex lock;
  std::exception_ptr failure;
  const auto run = [&](auto &worker) {
    try {
      for (std::size_t i = next++; i < count; i = next++) {
        worker(i);
        std::lock_guard<std::mutex> hold(lock);
        if (progress) progress(++done, count);
      }
    } catch (...) {
      std::lock_guard<std::mutex> hold(lock);
      if (!failure) failure = std::current_exception();
      next = count;
    }
  };
  if (threads <= 1) {
    auto worker = make_worker();
    run(worker);
  } else {
    // all workers before the first thread: making one may throw
    std::vector<decltype(make_worker())> workers;
    for (std::size_t i = 0; i < threads && i < count; ++i)
      workers.push_back(make_worker());
    std::vector<std::thread> running;
    for (auto &worker : workers)
      running.emplace_back([&run, &worker] { run(worker); });
    for (std::thread &t : running) t.join();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace sonar::models
