/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <vector>

#include "sonar/core/error.h"

namespace sonar::recorder {

namespace {

void sync_path(const std::string &path, bool folder) {
  // any descriptor of a file brings all of its pages to the disk
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;  // not made yet, or deleted since
  folder ? fsync(file) : fdatasync(file);
  close(file);
}

}  // namespace

DiskSync::DiskSync() : thread_([this] { run(); }) {}

DiskSync::~DiskSync() {
  {
    std::lock_guard<std::mutex> hold(lock_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void DiskSync::add(const std::string &path) {
  std::lock_guard<std::mutex> hold(lock_);
  paths_.insert(path);
}

void DiskSync::finish(const std::string &path) {
  {
    std::lock_guard<std::mutex> hold(lock_);
    paths_.erase(path);
  }
  sync_path(path, false);
  sync_path(std::filesystem::path(path).parent_path().string(), true);
}

void DiskSync::run() {
  std::unique_lock<std::mutex> hold(lock_);
  while (!stopping_) {
    const std::vector<std::string> now(paths_.begin(), paths_.end());
    hold.unlock();
    std::set<std::string> folders;  // which hold the names of new files
    for (const std::string &path : now) {
      sync_path(path, false);
      folders.insert(std::filesystem::path(path).parent_path().string());
    }
    for (const std::string &path : folders) sync_path(path, true);
    hold.lock();
    changed_.wait_for(hold, std::chrono::seconds(1),
                      [this] { return stopping_; });
  }
}

Journal::Journal(std::string path, DiskSync &disk)
    : path_(std::move(path)), disk_(disk) {
  file_ = open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0)
    throw Error(Errc::kResource, "Cannot write " + path_ + ": " +
                                     std::strerror(errno) +
                                     "; give a folder that can be written to.");
  disk_.add(path_);
  // a line that a crash cut short must not swallow the next one
  char last = '\n';
  const off_t size = lseek(file_, 0, SEEK_END);
  if (size > 0 && pread(file_, &last, 1, size - 1) == 1 && last != '\n' &&
      write(file_, "\n", 1) != 1)
    throw Error(Errc::kResource,
                "Cannot write " + path_ + ": " + std::strerror(errno) + ".");
}

Journal::~Journal() {
  close(file_);
  disk_.finish(path_);
}

void Journal::put(const nlohmann::ordered_json &record) {
  const std::string line =
      record.dump(-1, ' ', false,
                  nlohmann::ordered_json::error_handler_t::replace) +
      "\n";
  std::lock_guard<std::mutex> hold(lock_);
  if (write(file_, line.data(), line.size()) != ssize_t(line.size()))
    throw Error(Errc::kResource,
                "Cannot write " + path_ + ": " + std::strerror(errno) + ".");
}

}  // namespace sonar::recorder
