/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <memory>
#include <string>

#include "models/model.h"

namespace sonar::models {

/**
 * The model of a file, loaded once per process and (file, device) for as long
 * as somebody holds it; a file that changed on disk since is loaded anew.
 *
 * @p name_or_path as resolve_model(). @p device: "cpu", "cuda" or "cuda:N".
 * Throws Error(kNotFound / kBadModel) for the file, kResource for a device
 * that is not there. Thread-safe. No torch in this header.
 */
std::shared_ptr<const Model> open(const std::string &name_or_path,
                                  const std::string &device);

/** Name and build of the arithmetic below: torch version, BLAS, threads. */
std::string backend_description();

}  // namespace sonar::models
