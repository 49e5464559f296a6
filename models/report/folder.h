/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <filesystem>
#include <string>

namespace sonar::models::report {

/**
 * The folder of a page. Everything is made in a folder inside it and moves to
 * its place when it is whole: a run that was interrupted leaves the folder as
 * it was, an older page included.
 */
class ReportFolder {
 public:
  /** Makes the folder where it is missing. Throws Error(kBadArgument) for a
   *  file, or a folder that holds other things than an older page;
   *  Error(kResource) where it cannot be made or written. */
  explicit ReportFolder(const std::string &path);
  ~ReportFolder();
  ReportFolder(const ReportFolder &) = delete;
  ReportFolder &operator=(const ReportFolder &) = delete;

  /** A file name for the next figure, "figure-03-NAME.png"; @p name: any
   *  text. */
  std::string next_figure(const std::string &name);
  /** Where to write @p file. */
  std::string path(const std::string &file) const;
  /** Replaces the older page by what was written, index.html last. Throws
   *  Error(kResource). */
  void keep();

 private:
  std::filesystem::path folder_, work_;
  bool made_ = false, kept_ = false;
  int figures_ = 0;
};

}  // namespace sonar::models::report
