/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "models/train/dataset.h"

namespace sonar::models {

/** Tells one set of data and options from another (FNV-1a). */
class Fingerprint {
 public:
  void add(const void *data, std::size_t bytes) {
    const auto *p = static_cast<const unsigned char *>(data);
    for (std::size_t i = 0; i < bytes; ++i)
      hash_ = (hash_ ^ p[i]) * 0x100000001b3u;
  }
  void add(const std::string &text) { add(text.data(), text.size() + 1); }
  void add(const Dataset &data) {
    for (const Tile &tile : data.tiles) {
      add(data.groups[tile.group]);
      add(tile.pixels.data(), 2 * tile.pixels.size());
    }
  }
  std::string hex() const {
    char out[17];
    std::snprintf(out, sizeof out, "%016llx", (unsigned long long)hash_);
    return out;
  }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};

}  // namespace sonar::models
