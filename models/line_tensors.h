/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <map>
#include <optional>
#include <string>

#include "models/bundle.h"
#include "sonar/lines/line_model.h"

namespace sonar::models {

/**
 * The line model as tensors of a model file (frequencies in Hz, so that they
 * read well elsewhere):
 *
 *   lines.C           [lines, 7] of class number C, for each line: frequency in
 *                     Hz at speed ratio 1, height in dB, 1 when it moves with
 *                     the speed, presence, level in dB, its spread in dB, the
 *                     offset's standard deviation in Hz; left out for a class
 *                     without lines
 *   lines.classes     [classes, 2] standard deviation of the log speed ratio,
 *                     evidence threshold
 *   lines.common      [common lines] frequency in Hz; left out for none
 *   lines.background  [LevelDensity::kSteps] probability per dB
 */
void add_line_tensors(const lines::LineModel &model, double bin_hz,
                      std::map<std::string, Tensor> &tensors);

/** The reverse; nothing where the file has no line model. @p bins of the fine
 *  spectrum. Throws Error(kBadModel) for a tensor that is missing, has another
 *  shape or a value out of its domain, naming it. */
std::optional<lines::LineModel> read_line_tensors(
    const std::map<std::string, Tensor> &tensors, std::size_t classes,
    double bin_hz, std::size_t bins);

}  // namespace sonar::models
