/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>

namespace sonar::recorder {

/**
 * Brings files that grow to the disk once a second, so that a loss of power
 * costs no more than that. Thread-safe.
 */
class DiskSync {
 public:
  DiskSync();
  ~DiskSync();
  DiskSync(const DiskSync &) = delete;
  DiskSync &operator=(const DiskSync &) = delete;

  void add(const std::string &path);
  /** The last time, with the entry in its folder: @p path is whole. */
  void finish(const std::string &path);

 private:
  void run();

  std::mutex lock_;
  std::condition_variable changed_;
  std::set<std::string> paths_;  // guarded by lock_, as the next
  bool stopping_ = false;
  std::thread thread_;
};

/**
 * A file of JSON lines that only grows. A line is one write, so that a reader
 * or a crash meets whole lines but for the last. Thread-safe.
 */
class Journal {
 public:
  /** Goes on behind what is there. Throws Error(kResource). */
  Journal(std::string path, DiskSync &disk);
  ~Journal();
  Journal(const Journal &) = delete;
  Journal &operator=(const Journal &) = delete;

  /** Throws Error(kResource). */
  void put(const nlohmann::ordered_json &record);

 private:
  std::string path_;
  DiskSync &disk_;
  std::mutex lock_;
  int file_ = -1;
};

}  // namespace sonar::recorder
