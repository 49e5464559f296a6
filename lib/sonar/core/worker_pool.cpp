/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/core/worker_pool.h"

#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace sonar {
namespace {

/** A call of run(); guarded by the pool's lock, but for the body. */
struct Job {
  const std::function<void(std::size_t)> &body;
  std::size_t count, at_most;
  std::size_t next = 0, busy = 0;
  std::exception_ptr failure = nullptr;

  bool open() const { return next < count && busy < at_most; }
  bool done() const { return next >= count && busy == 0; }
};

thread_local bool is_worker = false;

/* A container or taskset may leave the process fewer than there are. */
std::size_t processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    return std::size_t(std::max(1, CPU_COUNT(&set)));
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

struct WorkerPool::State {
  const std::size_t size;
  std::mutex lock;
  std::condition_variable work, finished;
  std::deque<Job *> jobs;  ///< unfinished, the next one served in front
  std::vector<std::thread> threads;
  bool stopping = false;

  explicit State(std::size_t n) : size(n) {}

  /** The next job with an item to give, which goes to the back; or null. */
  Job *take_turn() {
    const auto open = std::find_if(jobs.begin(), jobs.end(),
                                   [](const Job *job) { return job->open(); });
    if (open == jobs.end()) return nullptr;
    Job *const job = *open;
    jobs.erase(open);
    jobs.push_back(job);
    return job;
  }

  void serve() {
    is_worker = true;
    std::unique_lock<std::mutex> hold(lock);
    for (;;) {
      Job *job = nullptr;
      work.wait(hold, [&] { return stopping || (job = take_turn()); });
      if (stopping) return;
      const std::size_t item = job->next++;
      ++job->busy;
      hold.unlock();
      std::exception_ptr failure;
      try {
        job->body(item);
      } catch (...) {
        failure = std::current_exception();
      }
      hold.lock();
      --job->busy;
      if (failure) {
        if (!job->failure) job->failure = failure;
        job->next = job->count;
      }
      // this thread looks for itself; a job limited by at_most opens to others
      if (job->done()) finished.notify_all();
    }
  }

  void start() {
    while (threads.size() < size) threads.emplace_back([this] { serve(); });
  }
};

WorkerPool &WorkerPool::shared() {
  // never destroyed: streams may still run while a process ends
  static WorkerPool *const pool = new WorkerPool(processors());
  return *pool;
}

WorkerPool::WorkerPool(std::size_t threads)
    : state_(std::make_unique<State>(std::max<std::size_t>(1, threads))) {}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard<std::mutex> hold(state_->lock);
    state_->stopping = true;
  }
  state_->work.notify_all();
  for (std::thread &thread : state_->threads) thread.join();
}

std::size_t WorkerPool::size() const noexcept { return state_->size; }

void WorkerPool::run(std::size_t count,
                     const std::function<void(std::size_t)> &body,
                     std::size_t at_most) {
  if (count == 0) return;
  if (is_worker) {
    for (std::size_t i = 0; i < count; ++i) body(i);
    return;
  }
  Job job{body, count, at_most == 0 ? state_->size : at_most};
  std::unique_lock<std::mutex> hold(state_->lock);
  state_->start();
  state_->jobs.push_back(&job);
  state_->work.notify_all();
  state_->finished.wait(hold, [&] { return job.done(); });
  const auto place = std::find(state_->jobs.begin(), state_->jobs.end(), &job);
  state_->jobs.erase(place);
  hold.unlock();
  if (job.failure) std::rethrow_exception(job.failure);
}

}  // namespace sonar
