/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "results.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "common/frame.h"
#include "meta/gstsonarclassmeta.h"
#include "models/evaluate/figures.h"
#include "models/synth/truth_set.h"
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"
#include "sonar/core/utc.h"
#include "sonar/metrics/truth_score.h"

namespace sonar::pipelines {

namespace fs = std::filesystem;

namespace {

// 4,096 columns keep the figures sharp on any screen and memory flat
constexpr std::size_t kMaxColumns = 4096;

std::string most(const std::map<std::string, double> &of) {
  const auto largest = std::max_element(
      of.begin(), of.end(),
      [](const auto &a, const auto &b) { return a.second < b.second; });
  return largest == of.end() ? "unknown" : largest->first;
}

nlohmann::ordered_json score_truth(const Options &o, const Timeline &timeline) {
  const auto truth = sonar::models::read_truth(o.truth_folder, o.truth_name);
  const auto kept = timeline.kept();
  if (timeline.merged() != 1 || kept.width != truth.target.width)
    throw Error(Errc::kBadArgument,
                "The truth has " + std::to_string(truth.target.width) +
                    " columns, the recording gave " +
                    std::to_string(kept.width * timeline.merged()) +
                    "; is it the same recording, shorter than " +
                    std::to_string(kMaxColumns) + " columns?");
  const auto score = sonar::metrics::score(kept, truth);
  return sonar::models::to_json(score);
}

std::size_t count_rows(const fs::path &csv) {
  std::ifstream in(csv);
  std::size_t lines = 0;
  for (std::string line; std::getline(in, line);) ++lines;
  return lines ? lines - 1 : 0;
}

}  // namespace

void take_frame(Findings &f, GstBuffer *frame, const GstVideoInfo &info) {
  const auto &meta = sonar::frame::require_spectrogram(frame, info);
  const auto &mask = sonar::frame::require_mask(frame, info);
  const auto *signature = gst_buffer_get_sonar_signature_meta(frame);
  const auto *seen = gst_buffer_get_sonar_class_meta(frame);
  if (!f.timeline) {
    f.timeline.emplace(meta.height,
                       std::max<std::size_t>(kMaxColumns, 2 * meta.width));
    gsize size = 0;
    const auto *edges =
        static_cast<const double *>(g_bytes_get_data(meta.row_edges, &size));
    f.axes.row_edges_hz.assign(edges, edges + size / sizeof(double));
    f.axes.column_seconds = double(meta.hop_size) / meta.rate;
    f.axes.column0_seconds =
        sonar::frame::column_time(meta, double(meta.valid_begin)) / 1e9;
    const gint64 utc = sonar::frame::column_utc(meta, double(meta.valid_begin));
    if (utc != G_MININT64) f.axes.column0_utc_ns = utc;
    f.axes.unit = meta.unit;
    f.level_unit = meta.level_unit;
    f.recipe = mask.recipe;
    f.threshold = signature->threshold;
  }
  const auto *kept =
      static_cast<const guint8 *>(g_bytes_get_data(signature->kept, nullptr));
  f.timeline->put(
      meta.first_column, sonar::frame::valid_columns(meta),
      sonar::frame::read_values(signature->original, info, meta),
      sonar::frame::read_image(mask.values, mask.height, mask.width),
      {meta.height,
       meta.width,
       {kept, kept + gsize(meta.height) * meta.width}});
  f.tracks.put(meta, mask);
  const double seconds = meta.new_columns * f.axes.column_seconds;
  f.seconds += seconds;
  if (seen->rejected) {
    f.seconds_of[gst_sonar_class_meta_get_label(seen)] += seconds;
  } else {
    f.seconds_of[seen->labels[seen->best]] += seconds;
    for (guint i = 0; i < seen->n_beside; ++i)
      f.seconds_of[seen->labels[seen->beside[i]]] += seconds;
  }
  const auto *probabilities = static_cast<const float *>(
      g_bytes_get_data(seen->probabilities, nullptr));
  for (guint i = 0; i < seen->n_classes; ++i)
    f.score_of[seen->labels[i]] += seconds * probabilities[i];
}

void write_figures(const Options &o, const Findings &f) {
  const fs::path folder = o.folder;
  sonar::render::Axes axes = f.axes;
  axes.column_seconds *= double(f.timeline->merged());
  const double later =
      f.axes.column_seconds * double(f.timeline->merged() - 1) / 2;
  axes.column0_seconds += later;
  if (axes.column0_utc_ns) *axes.column0_utc_ns += std::llround(later * 1e9);
  const auto value = f.timeline->value(), confidence = f.timeline->confidence();
  const auto kept = f.timeline->kept();
  const sonar::ColumnRange all{0, f.timeline->columns()};
  sonar::render::Panel spectrogram, mask, signature;
  spectrogram.title = "Spectrogram";
  spectrogram.scene.value_db = &value;
  mask.title = "Mask: " + f.recipe;
  mask.scene.value_db = &confidence;
  mask.style.colormap = sonar::render::ColorMap::kInferno;
  mask.style.low_db = 0;
  mask.style.high_db = 1;
  mask.unit = "confidence";
  signature.title = "Signature";
  signature.scene.value_db = &value;
  signature.scene.signature = &kept;
  signature.style.show_original = false;
  signature.style.show_contours = false;
  for (auto *panel : {&spectrogram, &mask, &signature}) {
    panel->scene.valid = all;
    panel->style.show_utc = axes.column0_utc_ns.has_value();
  }
  sonar::render::write_panels_png((folder / "panels.png").string(),
                                  {spectrogram, mask, signature}, axes, 640,
                                  720);
  sonar::render::write_panels_png((folder / "signature.png").string(),
                                  {signature}, axes, 1280, 720);
}

void write_tracks(const Options &o, const Findings &f) {
  const fs::path path = fs::path(o.folder) / "tracks.csv";
  std::error_code ignored;
  if (f.tracks.size() > 0)
    sonar::write_file(path.string(), "the table of tracks", f.tracks.csv());
  else
    fs::remove(path, ignored);  // of an earlier run
}

nlohmann::ordered_json summarize(const Options &o, const Findings &f,
                                 const std::string &table, double wall_seconds,
                                 bool interrupted) {
  nlohmann::ordered_json s;
  const std::string label = most(f.seconds_of);
  s["recording"] = fs::path(o.recording).filename();
  s["seconds"] = f.seconds;
  if (f.axes.column0_utc_ns)
    s["begin_utc"] = sonar::utc::format_iso8601(
        *f.axes.column0_utc_ns - std::llround(f.axes.column0_seconds * 1e9));
  s["level_unit"] = f.level_unit;
  s["model"] = o.model;
  s["class"] = label;
  s["class_seconds"] = f.seconds_of;
  for (const auto &[name, score] : f.score_of)
    s["mean_probability"][name] = score / f.seconds;
  s["mask_recipe"] = f.recipe;
  s["threshold"] = f.threshold;
  s["regions"] = count_rows(table);
  s["tracks"] = f.tracks.size();
  const auto kept = f.timeline->kept();
  s["kept"] = double(std::count(kept.values.begin(), kept.values.end(), 1)) /
              double(std::max<std::size_t>(1, kept.values.size()));
  s["interrupted"] = interrupted;
  s["wall_seconds"] = wall_seconds;
  s["times_real_time"] = f.seconds / wall_seconds;
  if (!o.truth_folder.empty()) s["truth"] = score_truth(o, *f.timeline);
  return s;
}

/* All that were named for a noticeable time, the longest first: vessels may be
 * there at once. */
void print_classes(const nlohmann::ordered_json &s) {
  constexpr double kLeastShare = 0.01;
  std::vector<std::pair<double, std::string>> named;
  for (const auto &[name, seconds] : s["class_seconds"].items())
    named.emplace_back(seconds.get<double>() / s["seconds"].get<double>(),
                       name);
  std::stable_sort(
      named.begin(), named.end(),
      [](const auto &a, const auto &b) { return a.first > b.first; });
  const char *title = "class";
  for (const auto &[share, name] : named) {
    if (share < kLeastShare && share < named.front().first) continue;
    std::printf("%-11s %s", title, name.c_str());
    const auto &scores = s["mean_probability"];
    if (scores.contains(name))
      std::printf(", mean probability %.2f", scores[name].get<double>());
    std::printf(", %.0f %% of the time\n", 100 * share);
    title = "";
  }
}

void print_summary(const nlohmann::ordered_json &s, const Options &o) {
  const auto percent = [](double x) { return 100 * x; };
  std::printf("recording   %s, %.1f s\n",
              s["recording"].get<std::string>().c_str(),
              s["seconds"].get<double>());
  if (s.contains("begin_utc"))
    std::printf("begins      %s\n", s["begin_utc"].get<std::string>().c_str());
  print_classes(s);
  std::printf(
      "signature   %d regions, %.1f %% of the picture kept (%s, %.2f)\n",
      s["regions"].get<int>(), percent(s["kept"].get<double>()),
      s["mask_recipe"].get<std::string>().c_str(),
      s["threshold"].get<double>());
  if (s["tracks"].get<int>() > 0)
    std::printf("tracks      %d tonals followed\n", s["tracks"].get<int>());
  if (s.contains("truth")) {
    const auto &t = s["truth"];
    std::printf("removed     %.1f %% of the noise\n",
                percent(t["removed"].get<double>()));
    if (t.contains("overwritten_3db"))
      std::printf("overwritten %.1f %% of the tones of 3 dB and more\n",
                  percent(t["overwritten_3db"].get<double>()));
    if (t.contains("f1"))
      std::printf("F1          %.3f\n", t["f1"].get<double>());
  }
  std::printf("speed       %.1f times real time\n",
              s["times_real_time"].get<double>());
  std::printf("written to  %s/\n", o.folder.c_str());
}

}  // namespace sonar::pipelines
