/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <glib.h>

#include <optional>
#include <vector>

#include "models/model.h"
#include "models/structures.h"

/* What scorecammask makes of a frame and keeps for the next ones. */
namespace sonar::specnn {

/* What is made of a frame. */
struct Made {
  models::MaskResult mask;
  std::optional<models::ExplainedStructures> structures;  ///< where asked for
};

/* The newest costly maps, for the frames between two of them. */
struct Reuse {
  gint64 first_column = 0;
  std::vector<std::size_t> classes;
  models::MaskOptions made_with;
  models::MaskResult maps;
  std::optional<models::ExplainedStructures> structures;
  guint age = 0;  ///< frames since

  bool fits(const std::vector<std::size_t> &wanted,
            const models::MaskOptions &options, bool explain_structures) const {
    return !maps.confidence.empty() && classes == wanted &&
           structures.has_value() == explain_structures &&
           made_with.recipe == options.recipe &&
           made_with.combine == options.combine &&
           made_with.class_mask == options.class_mask &&
           made_with.score_cam == options.score_cam &&
           maps.explanation.empty() != options.explain;
  }
  Image moved(const Image &map, gint64 to_column) const {
    return sonar::shift_left(map, std::ptrdiff_t(to_column - first_column));
  }
  std::optional<models::ExplainedStructures> moved_structures(
      gint64 to_column) const {
    if (!structures) return {};
    return shift_left(*structures, std::ptrdiff_t(to_column - first_column));
  }
};

}  // namespace sonar::specnn
