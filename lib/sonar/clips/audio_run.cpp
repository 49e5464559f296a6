/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/clips/audio_run.h"

#include <algorithm>
#include <cstring>

namespace sonar::clips {

namespace {
constexpr std::int64_t kSecond = 1000000000;

std::int64_t divided_down(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}
}  // namespace

/* Whole seconds apart, so that nothing overflows. */
std::int64_t AudioRun::frame_at(std::int64_t time_ns) const {
  const std::int64_t dt = time_ns - base_ns_;
  const std::int64_t seconds = divided_down(dt, kSecond);
  const std::int64_t rest = dt - seconds * kSecond;
  return seconds * rate_hz_ + (rest * rate_hz_ + kSecond / 2) / kSecond;
}

std::int64_t AudioRun::time_of(std::int64_t frame) const {
  const std::int64_t seconds = divided_down(frame, rate_hz_);
  const std::int64_t rest = frame - seconds * rate_hz_;
  return base_ns_ + seconds * kSecond +
         (rest * kSecond + rate_hz_ / 2) / rate_hz_;
}

void AudioRun::append(const void *data, std::size_t frames) {
  const auto *from = static_cast<const std::uint8_t *>(data);
  while (frames > 0) {
    if (blocks_.empty()) first_ = begin_ = end_;
    const auto inside = std::size_t(end_ - first_) % block_frames();
    if (blocks_.empty() || (inside == 0 && end_ > first_))
      blocks_.emplace_back(block_frames() * frame_bytes_);
    const std::size_t now = std::min(frames, block_frames() - inside);
    std::memcpy(blocks_.back().data() + inside * frame_bytes_, from,
                now * frame_bytes_);
    from += now * frame_bytes_;
    end_ += std::int64_t(now);
    frames -= now;
  }
}

void AudioRun::drop_block() {
  blocks_.pop_front();
  first_ += std::int64_t(block_frames());
  begin_ = std::min(std::max(begin_, first_), end_);
}

void AudioRun::forget_before(std::int64_t frame) {
  begin_ = std::clamp(frame, begin_, end_);
  while (!blocks_.empty() && first_ + std::int64_t(block_frames()) <= begin_)
    drop_block();
}

void AudioRun::forget_oldest(std::size_t bytes) {
  for (std::size_t gone = 0; gone < bytes && !blocks_.empty();
       gone += kBlockBytes)
    drop_block();
}

std::size_t AudioRun::read(std::int64_t frame, std::int64_t end,
                           const std::uint8_t **data) const {
  const auto offset = std::size_t(frame - first_);
  const std::size_t inside = offset % block_frames();
  *data = blocks_[offset / block_frames()].data() + inside * frame_bytes_;
  return std::min(block_frames() - inside, std::size_t(end - frame));
}

}  // namespace sonar::clips
