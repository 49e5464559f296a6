/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>
#include <vector>

#include "meta/gstsonarclassmeta.h"
#include "models/model.h"

/* What a mask is made for. */
namespace sonar::specnn {

/** The classes a mask is made for; none when they are unknown. */
struct Target {
  std::vector<std::size_t> classes;  ///< the best first
  float score = 0;                   ///< of the best
};

/** Whether the property `target` leaves the class to the classifier. */
bool is_predicted(const std::string &target);

/** The target of a mask of @p model for @p target, as the property says it, on
 *  a frame with @p seen or null. Throws Error(kBadArgument) for a class that
 *  the model lacks, or the frame's where it carries none. */
Target choose_target(const models::Model &model, const std::string &target,
                     const GstSonarClassMeta *seen);

/** The target's labels, joined with "+"; "unknown" without one. */
std::string label_of(const Target &target, const models::Settings &model);

/** What @p seen, or null, says of each of the model's classes, whose numbers
 *  may differ from model to model. */
std::vector<float> weights_of(const models::Model &model,
                              const GstSonarClassMeta *seen);

}  // namespace sonar::specnn
