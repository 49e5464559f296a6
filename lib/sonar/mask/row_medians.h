/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <vector>

#include "sonar/core/image.h"

/* For the .cpp files of this folder only. */
namespace sonar::mask {

/** Median of each row's columns in @p valid, which is not empty; of an even
 *  count the mean of the two middle ones. */
std::vector<float> row_medians(const Image &image, ColumnRange valid);

}  // namespace sonar::mask
