/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "space.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <regex>

#include "fragments.h"

namespace sonar::recorder {

namespace fs = std::filesystem;

namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

struct Level {
  double hours;
};
constexpr Level kLevels[] = {{24}, {1}};

}  // namespace

bool is_recorders(const std::string &name) {
  static const std::regex pattern(
      R"(\d{8}T\d{6}\.\d{3}Z(_\d+)?\.(flac|mkv|mp4|jsonl))");
  return std::regex_match(name, pattern);
}

std::vector<std::string> superfluous(const std::string &folder,
                                     std::int64_t before_ns,
                                     std::uint64_t most_bytes,
                                     const std::string &newest) {
  std::vector<std::string> names;
  std::uint64_t total = 0;
  std::error_code gone;
  // a folder that is away for a while is no reason to stop
  for (const auto &entry : fs::directory_iterator(folder, gone)) {
    const std::string name = entry.path().filename().string();
    if (!is_recorders(name)) continue;
    total += entry.file_size(gone);
    if (name < newest) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  const std::string before = file_stem(before_ns);
  std::vector<std::string> out;
  for (const std::string &name : names) {
    const bool large = most_bytes > 0 && total > most_bytes;
    if (name >= before && !large) break;
    const fs::path path = fs::path(folder) / name;
    total -= std::min<std::uint64_t>(total, fs::file_size(path, gone));
    out.push_back(path.string());
  }
  return out;
}

std::string SpaceWatch::check(double bytes_per_second) {
  std::error_code problem;
  const double free = double(fs::space(folder_, problem).available);
  if (problem || bytes_per_second <= 0) return "";
  const double hours = free / bytes_per_second / 3600;
  int level = 0;
  for (const Level &l : kLevels) level += hours < l.hours;
  const int before = said_;
  said_ = level;
  if (level <= before) return "";
  char text[200];
  std::snprintf(text, sizeof text,
                "the disk will be full in %.1f hours (%.2f GiB are free); make "
                "room, or let --keep-days or --max-gib delete the oldest",
                hours, free / kGiB);
  return text;
}

}  // namespace sonar::recorder
