/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/report/folder.h"

#include <cctype>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "models/report/page.h"
#include "sonar/core/error.h"

namespace sonar::models::report {

namespace fs = std::filesystem;

namespace {

constexpr char kPage[] = "index.html", kWork[] = ".report.part";

[[noreturn]] void fail(const fs::path &path, const std::string &why) {
  throw Error(Errc::kResource,
              "cannot write the report to " + path.string() + ": " + why +
                  "; needed a folder that can be written and has space");
}

bool is_figure(const fs::path &path) {
  const std::string name = path.filename().string();
  return name.rfind("figure-", 0) == 0 && path.extension() == ".png";
}

bool is_page(const fs::path &path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return text.find(kGenerator) != text.npos;
}

/** A folder of a user's own things is no place for ours. */
void check_contents(const fs::path &folder) {
  if (is_page(folder / kPage)) return;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder))
    if (entry.path().filename() != kWork)
      throw Error(Errc::kBadArgument,
                  "the folder " + folder.string() + " holds \"" +
                      entry.path().filename().string() +
                      "\" and no report; give an empty folder, a new one or "
                      "one with an older report");
}

}  // namespace

ReportFolder::ReportFolder(const std::string &path)
    : folder_(path), work_(folder_ / kWork) {
  if (path.empty())
    throw Error(Errc::kBadArgument, "no folder for the report; name one");
  std::error_code failure;
  if (fs::exists(folder_, failure) && !fs::is_directory(folder_, failure))
    throw Error(Errc::kBadArgument,
                path + " is a file; needed a folder for the report");
  made_ = fs::create_directories(folder_, failure);
  if (failure) fail(folder_, failure.message());
  check_contents(folder_);
  fs::remove_all(work_, failure);  // of a run that was killed
  fs::create_directory(work_, failure);
  if (failure) fail(folder_, failure.message());
}

ReportFolder::~ReportFolder() {
  std::error_code ignored;
  fs::remove_all(work_, ignored);
  if (made_ && !kept_) fs::remove(folder_, ignored);
}

std::string ReportFolder::next_figure(const std::string &name) {
  std::string safe;
  for (const char c : name)
    safe += std::isalnum(static_cast<unsigned char>(c)) ? c : '-';
  char number[32];
  std::snprintf(number, sizeof number, "figure-%02d-", ++figures_);
  return number + safe + ".png";
}

std::string ReportFolder::path(const std::string &file) const {
  return (work_ / file).string();
}

void ReportFolder::keep() {
  try {
    // The old page goes first: it would show what is not its own.
    fs::remove(folder_ / kPage);
    for (const fs::directory_entry &entry : fs::directory_iterator(folder_))
      if (is_figure(entry.path())) fs::remove(entry.path());
    std::vector<fs::path> ready;
    for (const fs::directory_entry &entry : fs::directory_iterator(work_))
      if (entry.path().filename() != kPage) ready.push_back(entry.path());
    for (const fs::path &figure : ready)
      fs::rename(figure, folder_ / figure.filename());
    fs::rename(work_ / kPage, folder_ / kPage);
  } catch (const fs::filesystem_error &e) {
    fail(folder_, e.code().message());
  }
  kept_ = true;
}

}  // namespace sonar::models::report
