/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "models/bundle.h"
#include "sonar/core/error.h"

namespace sonar::models {
namespace {

namespace fs = std::filesystem;
constexpr const char *kSuffixes[] = {".safetensors", ".pt"};

std::vector<std::string> search_folders() {
  std::vector<std::string> folders;
  if (const char *path = std::getenv("GST_SONAR_MODEL_PATH")) {
    std::istringstream parts(path);
    for (std::string part; std::getline(parts, part, ':');)
      if (!part.empty()) folders.push_back(part);
  }
  folders.push_back(SONAR_MODEL_DIR);
  return folders;
}

std::vector<std::string> models_in(const std::vector<std::string> &folders) {
  std::vector<std::string> names;
  for (const std::string &folder : folders) {
    std::error_code failed;
    for (const auto &entry : fs::directory_iterator(folder, failed))
      for (const char *suffix : kSuffixes)
        if (entry.path().extension() == suffix)
          names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

/** The files that a name without a slash may mean. */
std::vector<std::string> files_of(const std::string &name) {
  for (const char *suffix : kSuffixes)
    if (fs::path(name).extension() == suffix) return {name};
  std::vector<std::string> files;
  for (const char *suffix : kSuffixes) files.push_back(name + suffix);
  return files;
}

std::string join(const std::vector<std::string> &parts) {
  std::string out;
  for (const std::string &part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

}  // namespace

std::string resolve_model(const std::string &name_or_path) {
  if (name_or_path.empty())
    throw Error(Errc::kNotFound, "no model named: give a name or a file");
  std::error_code failed;
  if (fs::is_regular_file(name_or_path, failed)) return name_or_path;
  if (name_or_path.find('/') != std::string::npos)
    throw Error(Errc::kNotFound,
                "model file " + name_or_path + " does not exist");

  const std::vector<std::string> folders = search_folders();
  const std::vector<std::string> files = files_of(name_or_path);
  for (const std::string &folder : folders)
    for (const std::string &name : files) {
      const fs::path file = fs::path(folder) / name;
      if (fs::is_regular_file(file, failed)) return file.string();
    }
  const std::vector<std::string> known = models_in(folders);
  throw Error(Errc::kNotFound,
              "no model \"" + name_or_path + "\": looked for " + join(files) +
                  " in " + join(folders) + "; " +
                  (known.empty() ? "there are no models there"
                                 : "there are " + join(known)));
}

}  // namespace sonar::models
