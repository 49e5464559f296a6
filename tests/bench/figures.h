/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/* What the benches share. */
namespace sonar::bench {

/** Seconds that @p body takes. */
template <typename Body>
double seconds(Body &&body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - start;
  return took.count();
}

/** The quickest run of those that fit into about @p patience seconds, three at
 *  least, after one that is not counted: what the machine can do when nothing
 *  else interferes. */
template <typename Body>
double best_seconds(Body &&body, double patience) {
  body();
  double best = seconds(body), spent = best;
  for (int i = 1; i < 3 || spent < patience; ++i) {
    const double took = seconds(body);
    best = std::min(best, took);
    spent += took;
  }
  return best;
}

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/** Takes "--json FILE" out of the arguments; empty where it is not there. */
inline std::string json_argument(int &argc, char **argv) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--json")) continue;
    const std::string file = argv[i + 1];
    std::copy(argv + i + 2, argv + argc, argv + i);
    argc -= 2;
    return file;
  }
  return {};
}

/** Writes @p figures to @p file, unless its name is empty. */
inline void write_json(const std::string &file, const nlohmann::json &figures) {
  if (file.empty()) return;
  std::ofstream out(file);
  out << figures.dump(1) << "\n";
  if (out.flush()) return;
  std::fprintf(stderr, "cannot write %s\n", file.c_str());
  std::exit(1);
}

}  // namespace sonar::bench
