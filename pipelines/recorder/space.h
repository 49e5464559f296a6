/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sonar::recorder {

/** Whether @p name is one that a recorder gives: STEM.flac and the like. */
bool is_recorders(const std::string &name);

/**
 * The oldest recordings of @p folder, by their names: those that began
 * before @p before_ns (UTC), and as many more as make the rest at most
 * @p most_bytes (0: as large as it likes). Never those of @p newest, the stem
 * that is being written, or later. Full paths, oldest first.
 */
std::vector<std::string> superfluous(const std::string &folder,
                                     std::int64_t before_ns,
                                     std::uint64_t most_bytes,
                                     const std::string &newest);

/** Says in time that the disk will be full. */
class SpaceWatch {
 public:
  explicit SpaceWatch(std::string folder) : folder_(std::move(folder)) {}

  /** @p bytes_per_second of recordings, 0: not known yet. A sentence when
   *  there is one that was not said yet, else empty. */
  std::string check(double bytes_per_second);

 private:
  std::string folder_;
  int said_ = 0;  // level of the last warning
};

}  // namespace sonar::recorder
