/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sonar::models {

/** Row-major. */
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<float> values;  ///< rows x columns
};

/**
 * Reads a NumPy file (numpy.lib.format, versions 1 to 3) that holds a matrix
 * of little-endian float32 in C order. Throws Error(kNotFound) for a missing
 * file, Error(kBadArgument) saying what it holds instead: no NumPy file,
 * another type, order or number of axes, an empty matrix, fewer or more bytes
 * than the shape needs.
 */
Matrix read_npy(const std::string &path);

/** What a NumPy file (version 1.0) begins with whose values follow in C order;
 *  @p type as numpy names it, e.g. "<f4". */
std::string npy_header(const std::string &type,
                       const std::vector<std::size_t> &shape);

}  // namespace sonar::models
