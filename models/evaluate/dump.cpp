/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/dump.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "models/synth/truth_set.h"
#include "models/train/npy.h"
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"

namespace sonar::models {
namespace {

namespace fs = std::filesystem;

std::string npy(const mask::Binary &mask) {
  std::string out = npy_header("|b1", {mask.height, mask.width});
  const auto values = turned_over(mask.values, mask.width);
  out.append(values.begin(), values.end());
  return out;
}

}  // namespace

MaskDump::MaskDump(std::string folder, bool flat, bool abstain)
    : folder_(std::move(folder)), flat_(flat), abstain_(abstain) {}

void MaskDump::write(const MadeMask &made) const {
  fs::path folder = folder_;
  if (!flat_) {
    char threshold[32];
    std::snprintf(threshold, sizeof threshold, "%g", made.threshold);
    folder = folder / made.method.name / threshold;
  }
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure)
    throw Error(Errc::kResource, "cannot write the masks to " +
                                     folder.string() + ": " +
                                     failure.message());
  const bool blank = abstain_ && made.decision.rejected;
  mask::Binary mask = made.mask;
  if (blank) std::fill(mask.values.begin(), mask.values.end(), 0);
  const std::string label =
      blank ? "unknown" : metrics::text(made.decision.predicted);
  write_file((folder / (made.name + ".npy")).string(), "a mask", npy(mask));
  write_file((folder / (made.name + ".class.txt")).string(), "a class",
             label + "\n");
}

}  // namespace sonar::models
