/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page.h"

#include <gio/gio.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <regex>

#include "sonar/core/error.h"
#include "sonar/core/new_file.h"
#include "sonar/core/utc.h"

namespace sonar::recorder {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kEnded = 100;

std::string dumped(const nlohmann::ordered_json &value) {
  // words may come from a file's name, in any coding
  return value.dump(-1, ' ', false,
                    nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

/* Those of Segments, of a recorder before. */
bool is_segment(const std::string &name) {
  static const std::regex pattern(
      std::string(Segments::kPrefix) +
      R"(\d+(-\d+\.m4s|\.mp4)(\.part)?|live\.(m3u8|json)(\.part)?)");
  return std::regex_match(name, pattern);
}

/* A folder that others use would lose their page. */
void refuse_foreign_page(const std::string &folder) {
  std::ifstream page(fs::path(folder) / "index.html");
  std::string begin(4096, '\0');
  page.read(begin.data(), std::streamsize(begin.size()));
  if (page.gcount() > 0 &&
      begin.find("<title>Sonar live</title>") == std::string::npos)
    throw Error(Errc::kBadArgument,
                "The folder " + folder +
                    " holds another page, index.html; give --web a folder of "
                    "its own.");
}

void write_page(const fs::path &folder) {
  const char *name = "/sonar-record/index.html";
  g_autoptr(GError) error = nullptr;
  g_autoptr(GBytes) bytes =
      g_resources_lookup_data(name, G_RESOURCE_LOOKUP_FLAGS_NONE, &error);
  if (!bytes) throw Error(Errc::kNotFound, error->message);
  gsize size = 0;
  const auto *text = static_cast<const char *>(g_bytes_get_data(bytes, &size));
  sonar::write_file((folder / "index.html").string(), "the page",
                    std::string(text, size));
}

void make_folder(const std::string &folder) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem)
    throw Error(Errc::kResource, "Cannot make the folder " + folder + ": " +
                                     problem.message() + ".");
  refuse_foreign_page(folder);
  for (const auto &entry : fs::directory_iterator(folder, problem))
    if (is_segment(entry.path().filename().string()))
      fs::remove(entry, problem);
}

}  // namespace

Page::Page(const std::string &folder)
    : folder_((make_folder(folder), folder)), video_(folder) {
  write_page(folder);
  live_["state"] = "waiting";
  live_["words"] = "";
  write();
}

void Page::set_state(const std::string &state, const std::string &words) {
  {
    std::lock_guard<std::mutex> hold(lock_);
    live_["state"] = state;
    live_["words"] = words;
    if (state != "recording") {
      live_.erase("class");
      live_.erase("confidence");
      frame_.clear();
    }
  }
  write();
}

void Page::set_fragment(const std::string &name) {
  std::lock_guard<std::mutex> hold(lock_);
  live_["fragment"] = name;
}

void Page::set_class(const std::string &label, double confidence) {
  std::lock_guard<std::mutex> hold(lock_);
  live_["class"] = label;
  live_["confidence"] = confidence;
}

void Page::set_frame(const nlohmann::ordered_json &frame) {
  std::lock_guard<std::mutex> hold(lock_);
  frame_ = frame;
}

void Page::add(const nlohmann::ordered_json &record) {
  if (record.value("kind", "") != "tonal") return;
  std::lock_guard<std::mutex> hold(lock_);
  ended_.push_front(record);
  if (ended_.size() > kEnded) ended_.pop_back();
}

void Page::write() {
  std::lock_guard<std::mutex> one(writing_);
  nlohmann::ordered_json out;
  {
    std::lock_guard<std::mutex> hold(lock_);
    out = live_;
    out["written_utc"] = sonar::utc::format_iso8601(g_get_real_time() * 1000);
    out["frame"] = frame_;
    out["ended"] = ended_;
  }
  try {
    // replaced whole, and no copy is worth a wait for the disk
    sonar::write_file((fs::path(folder_) / "live.json").string(),
                      "what is heard", dumped(out));
    failed_ = false;
  } catch (const std::exception &e) {
    if (!failed_) std::fprintf(stderr, "the page stands still: %s\n", e.what());
    failed_ = true;
  }
}

}  // namespace sonar::recorder
