/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/clips/name.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "sonar/core/utc.h"

namespace sonar::clips {
namespace {

/* Whole milliseconds, so that the locale has no say. */
std::string seconds_text(double seconds) {
  const auto ms = std::max(0LL, std::llround(seconds * 1e3));
  char text[40];
  std::snprintf(text, sizeof text, "%06lld.%03llds", ms / 1000, ms % 1000);
  return text;
}

/* "2023-03-02T05:48:58.140Z" without what some file systems refuse. */
std::string utc_text(std::int64_t utc_ns) {
  std::string text = utc::format_iso8601(utc_ns);
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](char c) { return c == '-' || c == ':'; }),
             text.end());
  return text;
}

std::string label_text(std::string label) {
  constexpr std::size_t kMost = 64;
  const std::string refused = "/\\:*?\"<>|";
  for (char &c : label)
    if ((static_cast<unsigned char>(c) <= ' ') || c == '\x7f' ||
        refused.find(c) != std::string::npos)
      c = '_';
  if (label.size() > kMost) {
    std::size_t end = kMost;  // a character of UTF-8 is not cut in two
    while (end > 0 && (static_cast<unsigned char>(label[end]) & 0xC0) == 0x80)
      --end;
    label.resize(end);
  }
  return label.empty() ? "unknown" : label;
}

}  // namespace

std::string file_stem(const NameParts &parts) {
  char number[40];
  std::snprintf(number, sizeof number, "%06llu",
                static_cast<unsigned long long>(parts.id));
  std::string stem =
      parts.utc_ns ? utc_text(*parts.utc_ns) : seconds_text(parts.stream_s);
  stem += "_" + label_text(parts.label) + "_" + number;
  return parts.part > 1 ? stem + "-" + std::to_string(parts.part) : stem;
}

}  // namespace sonar::clips
