/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>

#include "models/bundle.h"

/* A user's own model: a TorchScript archive (torch.jit.save) that holds the
 * file gst-sonar.json among its extra files (docs/own-models.md). Read here
 * without torch: none of the archive's code runs. */
namespace sonar::models {

/** Name of the extra file. */
inline constexpr char kOwnSettings[] = "gst-sonar.json";

/** Whether a file is named as an archive (.pt, .pth). What it holds does not
 *  count: a file of another name never runs code. */
bool is_own_model(const std::string &path);

/** The settings of an archive. Throws Error(kBadModel) for one that is empty,
 *  cut short, corrupt, no TorchScript, without the extra file or with one that
 *  is malformed; Error(kNotFound) and kResource where it cannot be read. */
Settings read_own_settings(const std::string &path);

/** Checks the CRC-32 of everything in the archive. Throws as
 *  read_own_settings(). */
void verify_own_model(const std::string &path);

/** What @p text of the extra file says; what it leaves out is the default.
 *  Throws Error(kBadModel) in words that go on after the file's name. */
Settings own_settings_from_json(const std::string &text);

/** The extra file of @p settings, every setting written out. */
std::string own_settings_to_json(const Settings &settings);

}  // namespace sonar::models
