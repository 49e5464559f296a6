/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace sonar {

/**
 * The process's threads for heavy arithmetic: as many as it may run on
 * processors, whatever the number of streams that ask. Callers wait while the
 * pool works, and are served in turn, an item each, so none starves another.
 *
 * No setting of the process is touched: the threads are ours alone, made with
 * the first run() and idle between.
 */
class WorkerPool {
 public:
  /** The one of this process. */
  static WorkerPool &shared();

  /** Of @p threads threads, at least 1. */
  explicit WorkerPool(std::size_t threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool &) = delete;
  WorkerPool &operator=(const WorkerPool &) = delete;

  std::size_t size() const noexcept;

  /**
   * Calls @p body(i) once for every i below @p count, on up to @p at_most
   * threads at once (0: all of the pool), and returns when all are done. The
   * first exception ends the run early and is thrown again. Called from within
   * a body, it works on that thread. Thread-safe.
   */
  void run(std::size_t count, const std::function<void(std::size_t)> &body,
           std::size_t at_most = 0);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sonar
