/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sidecar.h"

namespace sonar::recorder {

namespace {
// the newest files stay open; a record of an older one opens it again
constexpr std::size_t kOpen = 3;
}  // namespace

void Sidecar::put_to(std::int64_t number,
                     const nlohmann::ordered_json &record) {
  const std::string path = fragments_.path(number, "jsonl");
  std::lock_guard<std::mutex> hold(lock_);
  auto &journal = open_[path];
  if (!journal) journal = std::make_unique<Journal>(path, disk_);
  journal->put(record);
  // by name, so the oldest first
  if (open_.size() > kOpen)
    open_.erase(open_.begin()->first == path ? std::next(open_.begin())
                                             : open_.begin());
}

void Sidecar::put(std::int64_t end_ns, const nlohmann::ordered_json &record) {
  // what ends with the fragment's last column belongs to it
  put_to(fragments_.number_at(end_ns - 1'000'000'000 / fragments_.rate()),
         record);
}

}  // namespace sonar::recorder
