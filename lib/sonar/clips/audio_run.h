/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace sonar::clips {

/**
 * The newest samples of audio without a gap. A frame is a sample of every
 * channel; frames are counted from the run's begin.
 */
class AudioRun {
 public:
  /** @p base_ns: time of frame 0. @p frame_bytes: of all channels. */
  AudioRun(std::int64_t base_ns, int rate_hz, std::size_t frame_bytes)
      : base_ns_(base_ns), rate_hz_(rate_hz), frame_bytes_(frame_bytes) {}

  std::int64_t base_ns() const { return base_ns_; }
  int rate_hz() const { return rate_hz_; }
  /** The frame nearest to a time; negative before the run's begin. */
  std::int64_t frame_at(std::int64_t time_ns) const;
  std::int64_t time_of(std::int64_t frame) const;

  /** The frames that are still there, half-open. */
  std::int64_t begin() const { return begin_; }
  std::int64_t end() const { return end_; }
  /** Bytes held. */
  std::size_t bytes() const { return blocks_.size() * kBlockBytes; }

  void append(const void *data, std::size_t frames);
  /** Drops what lies before @p frame. */
  void forget_before(std::int64_t frame);
  /** Drops at least @p bytes of the oldest, as far as there are any. */
  void forget_oldest(std::size_t bytes);

  /**
   * Frames from @p frame on that lie together, at most to @p end; both within
   * begin() and end(). Returns how many and points @p data at them.
   */
  std::size_t read(std::int64_t frame, std::int64_t end,
                   const std::uint8_t **data) const;

 private:
  static constexpr std::size_t kBlockBytes = 1 << 16;

  std::size_t block_frames() const { return kBlockBytes / frame_bytes_; }
  void drop_block();

  std::int64_t base_ns_;
  int rate_hz_;
  std::size_t frame_bytes_;
  std::int64_t first_ = 0;  ///< frame at which the first block begins
  std::int64_t begin_ = 0, end_ = 0;
  std::deque<std::vector<std::uint8_t>> blocks_;
};

}  // namespace sonar::clips
