/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <vector>

namespace sonar::dsp {

/**
 * A stream of samples with @p pad mirrored ones before its start and after its
 * end (x[2] x[1] | x[0] x[1] x[2] ...), so that windows may reach past them.
 * Nothing comes out before pad + 1 samples are there, or the stream's end.
 *
 * Sink: called as sink(const float *, std::size_t).
 */
class Mirrored {
 public:
  explicit Mirrored(std::size_t pad) : pad_(pad) {}

  template <typename Sink>
  void push(const float *samples, std::size_t count, Sink &&sink) {
    if (started_) {
      sink(samples, count);
    } else {
      head_.insert(head_.end(), samples, samples + count);
      if (head_.size() <= pad_) return;
      start(sink);
      samples = head_.data();
      count = head_.size();
    }
    remember(samples, count);
  }

  /** Ends the stream; a stream without samples stays empty. */
  template <typename Sink>
  void drain(Sink &&sink) {
    if (!started_ && head_.empty()) return;
    if (!started_) {
      start(sink);
      tail_ = head_;
    }
    std::vector<float> after(pad_);
    for (std::size_t i = 0; i < pad_; ++i)
      after[i] = tail_[mirror(tail_.size() + i, tail_.size())];
    sink(after.data(), after.size());
  }

  void reset() {
    head_.clear();
    tail_.clear();
    started_ = false;
  }

 private:
  /** Index of the sample at place @p i of an endlessly mirrored stream. */
  static std::size_t mirror(std::size_t i, std::size_t count) {
    if (count == 1) return 0;
    const std::size_t period = 2 * (count - 1);
    const std::size_t r = i % period;
    return r < count ? r : period - r;
  }

  template <typename Sink>
  void start(Sink &&sink) {
    std::vector<float> before(pad_);
    for (std::size_t i = 0; i < pad_; ++i)
      before[pad_ - 1 - i] = head_[mirror(i + 1, head_.size())];
    sink(before.data(), before.size());
    sink(head_.data(), head_.size());
    started_ = true;
  }

  /** The last pad + 1 samples, which the stream's end mirrors. */
  void remember(const float *samples, std::size_t count) {
    const std::size_t keep = pad_ + 1;
    if (count >= keep) {
      tail_.assign(samples + count - keep, samples + count);
      return;
    }
    if (tail_.size() + count > keep)
      tail_.erase(tail_.begin(),
                  tail_.begin() + std::ptrdiff_t(tail_.size() + count - keep));
    tail_.insert(tail_.end(), samples, samples + count);
  }

  std::size_t pad_;
  bool started_ = false;
  std::vector<float> head_, tail_;
};

}  // namespace sonar::dsp
