/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "fragments.h"

namespace sonar::recorder {

/**
 * Frames' classes as stretches of one class, which end with the class or with
 * the fragment, so that each fragment says what was heard in it.
 */
class ClassLog {
 public:
  explicit ClassLog(const Fragments &fragments) : fragments_(fragments) {}

  struct Record {
    std::int64_t end_ns = 0;
    nlohmann::ordered_json json;
  };
  /** A message "sonar-class". What ended with it. */
  std::optional<Record> put(const GstStructure *message);
  /** The open stretch ends. */
  std::optional<Record> finish();

  const std::string &label() const { return label_; }
  double confidence() const { return confidence_; }

 private:
  const Fragments &fragments_;
  std::string label_, begin_utc_, end_utc_;
  std::int64_t begin_ns_ = 0, end_ns_ = 0;
  double confidence_ = 0, sum_ = 0;
  int frames_ = 0;
};

}  // namespace sonar::recorder
