/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sstream>
#include <string>

/* Settings of a recipe in messages; for the .cpp files of this folder only. */
namespace sonar {

inline std::string text(int value) { return std::to_string(value); }
inline std::string text(double value) {
  std::ostringstream out;
  out.precision(12);
  out << value;
  return out.str();
}

}  // namespace sonar
