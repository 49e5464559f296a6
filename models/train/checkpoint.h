/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace sonar::models {

/** Tells @p stage, which may be empty, how a training begins: after so many
 *  epochs of a checkpoint, or afresh beside one that is not of it. */
inline void say_beginning(
    bool resumed, int epochs_done, const std::string &checkpoint,
    const std::function<void(const std::string &)> &stage) {
  if (!stage) return;
  if (resumed)
    stage("resuming after epoch " + std::to_string(epochs_done));
  else if (std::filesystem::exists(checkpoint))
    stage("the checkpoint " + checkpoint +
          " is of other data or options: starting afresh");
}

}  // namespace sonar::models
