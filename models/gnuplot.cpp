/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/gnuplot.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "sonar/core/error.h"
#include "sonar/core/new_file.h"

namespace sonar::models {
namespace {

/** Runs gnuplot without a shell, so that a path needs no quoting. */
void run(const std::string &argument) {
  const char *argv[] = {"gnuplot", argument.c_str(), nullptr};
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", 1, 0);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, argv[0], &quiet, nullptr,
                                  const_cast<char *const *>(argv), environ);
  posix_spawn_file_actions_destroy(&quiet);
  if (failed)
    throw Error(Errc::kNotFound, std::string("cannot run gnuplot, which draws "
                                             "this figure: ") +
                                     std::strerror(failed) +
                                     "; install the package gnuplot-nox");
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw Error(Errc::kResource,
                "gnuplot could not draw a figure; its message is above");
}

}  // namespace

void require_gnuplot() { run("--version"); }

std::string gnuplot_quoted(const std::string &text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

void draw_png(const std::string &path, int width, int height,
              const std::string &script) {
  NewFile picture(path, "the figure");
  const std::string lines = path + ".gnuplot";
  write_file(lines, "the figure's script",
             "set terminal pngcairo noenhanced size " + std::to_string(width) +
                 "," + std::to_string(height) +
                 " font 'DejaVu Sans,10'\nset output " +
                 gnuplot_quoted(picture.temporary()) + "\n" + script);
  std::error_code ignored;
  try {
    run(lines);
  } catch (...) {
    std::filesystem::remove(lines, ignored);
    throw;
  }
  std::filesystem::remove(lines, ignored);
  picture.keep();
}

}  // namespace sonar::models
