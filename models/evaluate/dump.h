/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>

#include "models/evaluate/evaluate.h"

namespace sonar::models {

/**
 * Writes masks as NAME.npy (numpy bool, [frequency low to high, time]) and
 * NAME.class.txt (the answer, "unknown" where it is rejected): into one folder,
 * or, where there are several methods or thresholds, into
 * FOLDER/METHOD/THRESHOLD. Files appear under their name only when whole.
 * Threads: write() may be called from several at once.
 */
class MaskDump {
 public:
  /** @p flat: one folder. @p abstain: a rejected answer gives a blank mask;
   *  otherwise its best guess is written with its name. */
  MaskDump(std::string folder, bool flat, bool abstain);
  /** Throws Error(kResource). */
  void write(const MadeMask &made) const;

 private:
  std::string folder_;
  bool flat_, abstain_;
};

}  // namespace sonar::models
