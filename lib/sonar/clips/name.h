/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sonar::clips {

/** What a clip is called by. */
struct NameParts {
  std::optional<std::int64_t> utc_ns;  ///< of its first sample
  double stream_s = 0;                 ///< the same in the recording
  std::string label;                   ///< its class
  std::uint64_t id = 1;                ///< from 1
  unsigned part = 1;                   ///< of a clip in several files, from 1
};

/**
 * "20230302T054858.140Z_vessel_000017", from the second part on with "-2" after
 * the id; where UTC is not known it begins with seconds of the recording,
 * "000012.345s". What no file name may hold becomes "_" in the label, which is
 * cut to 64 bytes.
 */
std::string file_stem(const NameParts &parts);

}  // namespace sonar::clips
