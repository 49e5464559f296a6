/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fragments.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>

#include "sonar/core/utc.h"

namespace sonar::recorder {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kRemembered = 1000;

/* Whether the name is taken. If not it is from now on: of two recorders one
 * makes the sidecar. On a full disk none can be made, and the name is good. */
bool taken(const fs::path &folder, const std::string &stem) {
  std::error_code unknown;
  for (const char *suffix : {".flac", ".mkv", ".mp4", ".jsonl"})
    if (fs::exists(folder / (stem + suffix), unknown)) return true;
  const int file = open((folder / (stem + ".jsonl")).c_str(),
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return errno == EEXIST;
  close(file);
  return false;
}

}  // namespace

std::string file_stem(std::int64_t utc_ns) {
  std::string text = sonar::utc::format_iso8601(utc_ns);
  const auto separator = [](char c) { return c == '-' || c == ':'; };
  text.erase(std::remove_if(text.begin(), text.end(), separator), text.end());
  return text;
}

Fragments::Fragments(std::string folder, unsigned rate, int seconds)
    : folder_(std::move(folder)),
      rate_(rate),
      fragment_samples_(std::int64_t(rate) * seconds) {}

std::int64_t Fragments::number_at(std::int64_t ns) const {
  // half a sample on: time stamps are rounded down
  const double samples = double(ns) * 1e-9 * rate_ + 0.5;
  return std::max<std::int64_t>(0, std::int64_t(samples) / fragment_samples_);
}

std::int64_t Fragments::utc_at(std::int64_t ns) const {
  const std::int64_t length = fragment_samples_ / rate_ * 1'000'000'000;
  std::lock_guard<std::mutex> hold(lock_);
  if (known_.empty()) return ns;
  auto after = known_.upper_bound(ns / length);
  const auto &[number, fragment] =
      after == known_.begin() ? *after : *std::prev(after);
  return fragment.utc_ns + ns - number * length;
}

Fragment Fragments::begin(std::int64_t number, std::int64_t utc_ns) {
  const std::string wanted = file_stem(utc_ns);
  Fragment fragment{wanted, utc_ns, 0};
  // after a step of the clock the time may have been before; _ sorts behind
  // the dot of the first one's suffix
  for (int i = 2; taken(folder_, fragment.stem); ++i)
    fragment.stem = wanted + "_" + std::to_string(i);
  std::lock_guard<std::mutex> hold(lock_);
  known_[number] = fragment;
  if (known_.size() > kRemembered) known_.erase(known_.begin());
  return fragment;
}

void Fragments::add_samples(std::int64_t number, std::int64_t samples) {
  std::lock_guard<std::mutex> hold(lock_);
  known_[number].samples += samples;
}

std::optional<std::int64_t> Fragments::newest() const {
  std::lock_guard<std::mutex> hold(lock_);
  if (known_.empty()) return std::nullopt;
  return known_.rbegin()->first;
}

std::optional<Fragment> Fragments::find(std::int64_t number) const {
  std::lock_guard<std::mutex> hold(lock_);
  const auto found = known_.find(number);
  if (found == known_.end()) return std::nullopt;
  return found->second;
}

std::string Fragments::path(std::int64_t number,
                            const std::string &suffix) const {
  std::lock_guard<std::mutex> hold(lock_);
  auto after = known_.upper_bound(number);
  const Fragment &fragment =
      after == known_.begin() ? after->second : std::prev(after)->second;
  return (fs::path(folder_) / (fragment.stem + "." + suffix)).string();
}

std::string Fragments::free_path(std::int64_t number,
                                 const std::string &suffix) const {
  const fs::path wanted = path(number, suffix);
  fs::path free = wanted;
  for (int i = 2; fs::exists(free); ++i)
    free = wanted.parent_path() /
           (wanted.stem().string() + "_" + std::to_string(i) + "." + suffix);
  return free.string();
}

}  // namespace sonar::recorder
