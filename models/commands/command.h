/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <CLI/CLI.hpp>
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "models/train/descent.h"

namespace sonar::models::commands {

/** A subcommand of sonar-model, its flags declared. */
struct Command {
  CLI::App *flags;
  std::function<void()> run;
  /** What to tell after an interruption; may be empty. */
  std::function<std::string()> advice;
};

/** The first interrupt asks for a clean end, the second one ends at once. */
void catch_interrupt();
const std::atomic<bool> &interrupted();
void throw_if_interrupted();

/** Training frees and takes the same few megabytes a thousand times; kept
 *  instead of given back, they cost no page faults (a fifth of the time). */
void keep_freed_memory();

std::string describe(const LossReport &report);

/** A bar on a terminal; elsewhere only the lines that are worth keeping. */
class Progress {
 public:
  Progress();
  ~Progress();
  void bar(double share, const std::string &text);
  void line(const std::string &text);
  /** Of epoch @p epoch of @p epochs, from 1: the last one's text is kept. */
  void epoch(int epoch, int epochs, const std::string &text);

 private:
  const bool terminal_;
  bool open_ = false;
};

}  // namespace sonar::models::commands
