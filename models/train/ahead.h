/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <functional>
#include <future>
#include <utility>

namespace sonar::models {

/**
 * Makes things 0 to count - 1 in their order, each while the one before it is
 * used: what is slow to make keeps nobody waiting, and the result is that of
 * making each when it is asked for. @p make runs in one other thread at a time,
 * which has finished when this is gone.
 */
template <class T>
class Ahead {
 public:
  Ahead(int count, std::function<T(int)> make)
      : count_(count), make_(std::move(make)) {
    start();
  }
  Ahead(const Ahead &) = delete;
  Ahead &operator=(const Ahead &) = delete;

  /** To be called count times at most. Throws what @p make throws. */
  T next() {
    T out = coming_.get();
    start();
    return out;
  }

 private:
  void start() {
    if (begun_ == count_) return;
    coming_ = std::async(std::launch::async, make_, begun_);
    ++begun_;
  }

  int count_, begun_ = 0;
  std::function<T(int)> make_;
  std::future<T> coming_;  // last: waits for make_ before that goes
};

}  // namespace sonar::models
