/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/core/new_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "sonar/core/error.h"

namespace sonar {

namespace fs = std::filesystem;

NewFile::NewFile(std::string path, std::string kind)
    : path_(std::move(path)),
      temporary_(path_ + ".part"),
      kind_(std::move(kind)) {}

NewFile::~NewFile() {
  std::error_code ignored;
  if (!kept_) fs::remove(temporary_, ignored);
}

void NewFile::keep() {
  std::error_code failure;
  fs::rename(temporary_, path_, failure);
  if (failure) fail(failure.message());
  kept_ = true;
}

void NewFile::fail(const std::string &why) const {
  throw Error(Errc::kResource,
              "cannot write " + kind_ + " '" + path_ + "': " + why +
                  "; check that its folder exists, is writable and has space");
}

void write_file(const std::string &path, const std::string &kind,
                const std::string &bytes) {
  NewFile file(path, kind);
  std::ofstream out(file.temporary(), std::ios::binary);
  out.write(bytes.data(), std::streamsize(bytes.size()));
  out.close();
  if (!out) file.fail(std::strerror(errno));
  file.keep();
}

}  // namespace sonar
