/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

namespace sonar::models {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "safetensors is little-endian; values are copied as they are");

constexpr std::uint64_t kSafetensorsSizeBytes = 8;
/** The format's own limit of a header's length. */
constexpr std::uint64_t kSafetensorsMaxHeader = 100'000'000;

/** Appends a tensor to a header under construction; @p at is the end of its
 *  data so far. */
inline void list_tensor(nlohmann::json &header, const std::string &name,
                        const char *type, nlohmann::json shape,
                        std::uint64_t bytes, std::uint64_t &at) {
  header[name] = {{"dtype", type},
                  {"shape", std::move(shape)},
                  {"data_offsets", {at, at + bytes}}};
  at += bytes;
}

/** What a file begins with: the header's length and its text, filled up with
 *  spaces to the format's alignment. */
inline std::string safetensors_prefix(const nlohmann::json &header) {
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = text.size();
  char size[kSafetensorsSizeBytes];
  std::memcpy(size, &length, sizeof size);
  return std::string(size, sizeof size) + text;
}

}  // namespace sonar::models
