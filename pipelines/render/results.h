/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "sonar/render/scene.h"
#include "timeline.h"
#include "tracklist.h"

/* What sonar-render is asked for, and what it makes of a recording's frames. */
namespace sonar::pipelines {

struct Options {
  std::string recording, folder = "demo-out", model = "hydrophone";
  std::string truth_folder, truth_name;
  std::string mask_recipe;                ///< empty: the model's own
  std::string spectrogram;                ///< " name=value" of the element
  std::optional<double> contact_begin_s;  ///< of a marked contact
  double contact_end_s = 0;
  double fps = 0, history_seconds = 30;  ///< fps 0: the model's own
  double threshold = -1;
  bool sound = true, video = true, explain = false, explain_structures = false,
       print_pipeline = false;
};

/* What the frames of a run add up to. */
struct Findings {
  std::optional<Timeline> timeline;
  TrackList tracks;  ///< of recipe lines
  sonar::render::Axes axes;
  std::string level_unit;                    ///< of the table's levels
  std::map<std::string, double> seconds_of;  ///< per class named, alone or
                                             ///< beside another, or unknown
  std::map<std::string, double> score_of;    ///< probability x seconds
  double seconds = 0;
  float threshold = 0;
  std::string recipe;
  std::string failure;  ///< first error of a frame
};

/** Adds a frame that has come through the whole chain. */
void take_frame(Findings &f, GstBuffer *frame, const GstVideoInfo &info);

/** Writes panels.png and signature.png. Throws Error(kResource). */
void write_figures(const Options &o, const Findings &f);

/** Writes tracks.csv where tonals were followed. Throws Error(kResource). */
void write_tracks(const Options &o, const Findings &f);

/** The run's figures; with o.truth_folder also those against the truth. @p
 *  table: where the table of regions is. */
nlohmann::ordered_json summarize(const Options &o, const Findings &f,
                                 const std::string &table, double wall_seconds,
                                 bool interrupted);

/** The summary for a person, on standard output. */
void print_summary(const nlohmann::ordered_json &s, const Options &o);

}  // namespace sonar::pipelines
