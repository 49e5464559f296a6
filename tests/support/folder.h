/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdlib>
#include <filesystem>

/* A folder of a test's own: fixtures of a TCase that make and remove it. */
inline std::filesystem::path folder;

inline void make_folder() {
  char name[] = "/tmp/sonar-test-XXXXXX";
  folder = mkdtemp(name);
}
inline void remove_folder() { std::filesystem::remove_all(folder); }
