/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>
#include <vector>

namespace sonar::models {

using Row = std::vector<std::string>;

/** Rows of a CSV file (RFC 4180: quotes, doubled quotes, CRLF), empty lines
 *  left out. Throws Error(kNotFound, kBadArgument). */
std::vector<Row> read_csv(const std::string &path);

}  // namespace sonar::models
