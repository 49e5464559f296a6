/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <ATen/ATen.h>

#include <string>

#include "sonar/core/error.h"

namespace sonar::models {

/** "cpu", "cuda" or "cuda:N". Throws Error(kBadArgument) for another text,
 *  kResource for a device that is not there. */
at::Device parse_device(const std::string &text);

/** Runs @p body; LibTorch's exceptions become
 *  Error(kResource) and lose their backtrace. */
template <class Body>
auto translated(const Body &body) {
  try {
    return body();
  } catch (const c10::Error &e) {
    throw Error(Errc::kResource,
                std::string("LibTorch failed: ") + e.what_without_backtrace());
  }
}

}  // namespace sonar::models
