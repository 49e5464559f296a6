/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "segments.h"

namespace sonar::recorder {

/**
 * A folder that any web server can serve: the page, the newest minute of the
 * video, and live.json with what is heard. Plain files, each replaced whole.
 * Thread-safe. Failing to write is said once and costs the page alone.
 */
class Page {
 public:
  /** Empties the folder of an earlier recorder's video. Throws
   *  Error(kResource). */
  explicit Page(const std::string &folder);

  Segments &video() { return video_; }
  /** "recording", "waiting" or "stopped", and why. */
  void set_state(const std::string &state, const std::string &words);
  void set_fragment(const std::string &name);
  void set_class(const std::string &label, double confidence);
  /** What is heard in the newest frame. */
  void set_frame(const nlohmann::ordered_json &frame);
  /** Something has ended; the newest hundred tonals are kept. */
  void add(const nlohmann::ordered_json &record);
  /** Writes live.json. */
  void write();

 private:
  std::string folder_;
  Segments video_;
  std::mutex lock_;
  nlohmann::ordered_json live_, frame_;  // guarded by lock_, as the next
  std::deque<nlohmann::ordered_json> ended_;
  std::mutex writing_;
  bool failed_ = false;  // guarded by writing_
};

}  // namespace sonar::recorder
