/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdexcept>
#include <string>

namespace sonar {

/** What went wrong, coarse enough for gst/ to choose a GstError code. */
enum class Errc {
  kBadArgument,  ///< a value outside its documented domain
  kNotFound,     ///< a file or label that does not exist
  kBadModel,     ///< a model file that is malformed or of the wrong shape
  kResource,     ///< memory, a mapping or a file that could not be had
  kNumeric,      ///< a NaN or Inf where the mathematics excludes one
};

/**
 * The only exception lib/ and models/ throw. The message is for people: what
 * failed, what was got, what was needed (with units), and what to do.
 */
class Error : public std::runtime_error {
 public:
  Error(Errc code, const std::string &what)
      : std::runtime_error(what), code_(code) {}
  Errc code() const noexcept { return code_; }

 private:
  Errc code_;
};

}  // namespace sonar
