/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>

namespace sonar {

/**
 * A file that takes its name when it is whole, or else disappears: written as
 * PATH.part beside it (a rename cannot cross file systems), then renamed.
 * Not for two writers of one path at a time.
 */
class NewFile {
 public:
  /** @p kind: what it is, for messages, e.g. "the model file". */
  NewFile(std::string path, std::string kind);
  ~NewFile();
  NewFile(const NewFile &) = delete;
  NewFile &operator=(const NewFile &) = delete;

  /** Where to write. */
  const std::string &temporary() const noexcept { return temporary_; }
  /** Gives the file its name. Throws Error(kResource). */
  void keep();
  /** Throws Error(kResource): cannot write KIND 'PATH': @p why, what to do. */
  [[noreturn]] void fail(const std::string &why) const;

 private:
  std::string path_, temporary_, kind_;
  bool kept_ = false;
};

/** Writes @p bytes as a NewFile. Throws Error(kResource). */
void write_file(const std::string &path, const std::string &kind,
                const std::string &bytes);

}  // namespace sonar
