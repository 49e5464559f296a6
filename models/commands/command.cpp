/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/command.h"

#include <signal.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cstdio>

#include "sonar/core/error.h"

namespace sonar::models::commands {
namespace {

constexpr int kBarCharacters = 24;

std::atomic<bool> interrupt_seen{false};

extern "C" void on_interrupt(int) { interrupt_seen = true; }

}  // namespace

void catch_interrupt() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  action.sa_flags = int(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
}

const std::atomic<bool> &interrupted() { return interrupt_seen; }

void throw_if_interrupted() {
  if (interrupt_seen) throw Error(Errc::kResource, "interrupted");
}

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest it takes
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
#endif
}

Progress::Progress() : terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (open_) std::fputs("\n", stderr);
}

void Progress::bar(double share, const std::string &text) {
  if (!terminal_) return;
  const int full = int(share * kBarCharacters);
  std::fprintf(stderr, "\r\033[K[%s%s] %s",
               std::string(std::size_t(full), '#').c_str(),
               std::string(std::size_t(kBarCharacters - full), '.').c_str(),
               text.c_str());
  std::fflush(stderr);
  open_ = true;
}

void Progress::line(const std::string &text) {
  if (open_) std::fputs("\r\033[K", stderr);
  open_ = false;
  std::fprintf(stderr, "%s\n", text.c_str());
}

void Progress::epoch(int epoch, int epochs, const std::string &text) {
  if (!terminal_ || epoch == epochs) line(text);
  bar(double(epoch) / epochs, text);
}

std::string describe(const LossReport &r) {
  char text[100];
  std::snprintf(text, sizeof text, "epoch %d of %d  loss %.4f  %d:%02d left",
                r.epoch, r.epochs, r.loss, int(r.seconds_left) / 60,
                int(r.seconds_left) % 60);
  return text;
}

}  // namespace sonar::models::commands
