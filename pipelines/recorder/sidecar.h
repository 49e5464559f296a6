/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "fragments.h"
#include "journal.h"

namespace sonar::recorder {

/**
 * What was found, as JSON lines beside the sound: a record goes to the fragment
 * in which it ended, however late the analysis knows. Thread-safe.
 */
class Sidecar {
 public:
  Sidecar(const Fragments &fragments, DiskSync &disk)
      : fragments_(fragments), disk_(disk) {}

  /** @p record ended at @p end_ns of the run. Throws Error(kResource). */
  void put(std::int64_t end_ns, const nlohmann::ordered_json &record);
  /** To fragment @p number itself; makes the file. Throws Error(kResource). */
  void put_to(std::int64_t number, const nlohmann::ordered_json &record);

 private:
  const Fragments &fragments_;
  DiskSync &disk_;
  std::mutex lock_;
  std::map<std::string, std::unique_ptr<Journal>> open_;  // guarded by lock_
};

}  // namespace sonar::recorder
