/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>

#include "models/report/context.h"
#include "sonar/render/charts.h"
#include "sonar/render/scene.h"

namespace sonar::models::report {

/** A figure's two texts. */
struct Words {
  std::string alt, caption;
};

Picture draw_chart(const Context &context, const std::string &name,
                   const render::Chart &chart, const Words &words,
                   int width = 520, int height = 340);
Picture draw_heat_map(const Context &context, const std::string &name,
                      const render::HeatMap &map, const Words &words);

/** A picture of dB over background on the model's axes. */
Picture draw_spectrogram(const Context &context, const std::string &title,
                         const Image &value_db, const Words &words);
/** One of values 0 to 1. */
Picture draw_confidence(const Context &context, const std::string &title,
                        const Image &confidence, const Words &words,
                        const std::string &unit = "confidence");
/** The pixels of @p value_db that @p kept keeps, on white. */
Picture draw_signature(const Context &context, const std::string &title,
                       const Image &value_db, const mask::Binary &kept,
                       const Words &words);

/** A spectrogram tinted by @p explanation and with the outlines of
 *  @p structures; either may be null. @p said: the class. */
Picture draw_explanation(const Context &context, const std::string &said,
                         const Image &value_db, const Image *explanation,
                         const render::StructureMap *structures,
                         const Words &words);

/** Frequency axis of a chart whose x are the recipe's rows. */
render::ChartAxis frequency_axis(const Recipe &recipe);

}  // namespace sonar::models::report
