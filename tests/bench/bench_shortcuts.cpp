/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Score-CAM's shortcuts save and cost on recordings: time of all maps in
 * float32 over the time of each shortcut, and how much of the full mask it
 * keeps (intersection over union at 0.75 of the map scaled to 0..1). */
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "bench/figures.h"
#include "models/evaluate/recording.h"
#include "models/model.h"
#include "models/registry.h"
#include "sonar/core/image.h"
#include "sonar/dsp/spectrograph.h"
#include "sonar/mask/combine.h"
#include "sonar/nn/scorecam.h"

using namespace sonar;
using nlohmann::json;

namespace {

constexpr float kThreshold = 0.75f;

struct Shortcut {
  std::string name;
  nn::ScoreCamOptions options;
  std::size_t age = 0;  ///< frames since the map was made
};

std::vector<Shortcut> shortcuts() {
  nn::ScoreCamOptions exact;
  exact.effort.precision = nn::Precision::kFloat32;
  std::vector<Shortcut> all;
  const auto with = [&](const std::string &name, auto change,
                        std::size_t age = 0) {
    Shortcut s{name, exact, age};
    change(s.options);
    all.push_back(s);
  };
  with("precision=lower",
       [](auto &o) { o.effort.precision = nn::Precision::kLower; });
  for (const std::size_t n : {24, 16, 8})
    with("max-channels=" + std::to_string(n),
         [&](auto &o) { o.max_channels = n; });
  for (const std::size_t n : {2, 4, 8})
    with(
        "interval=" + std::to_string(n), [](auto &) {}, n - 1);
  return all;
}

/** A frame of a recording and its full map. */
struct Frame {
  models::Classification seen;
  Image full;
  std::int64_t first_column;
};

Image scaled_map(const models::Model &model, const Frame &frame,
                 const nn::ScoreCamOptions &options) {
  Image map = nn::score_cam(model.network(), frame.seen.input.data(),
                            frame.seen.maps.data(), frame.seen.best, options)
                  .map;
  mask::normalize_min_max(map);
  return map;
}

std::vector<Frame> frames_of(const models::Model &model,
                             const std::string &path, std::size_t most) {
  const Recipe &recipe = model.settings().recipe;
  dsp::Spectrograph spectrograph(recipe);
  const models::AnalysedRecording recording =
      models::analyse_recording(path, recipe);
  spectrograph.push(recording.samples.data(), recording.samples.size());
  spectrograph.drain();
  std::vector<Frame> out;
  nn::ScoreCamOptions exact;
  exact.effort.precision = nn::Precision::kFloat32;
  for (dsp::Picture p; out.size() < most && spectrograph.pop(p);) {
    if (p.valid.count() < std::size_t(recipe.width)) continue;
    Frame frame{
        model.classify(models::picture_data(p, recipe)), {}, p.first_column};
    frame.full = scaled_map(model, frame, exact);
    out.push_back(std::move(frame));
  }
  return out;
}

double overlap(const Image &a, const Image &b) {
  std::size_t both = 0, either = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool in_a = a.data()[i] >= kThreshold,
               in_b = b.data()[i] >= kThreshold;
    both += in_a && in_b;
    either += in_a || in_b;
  }
  return either ? double(both) / double(either) : 1;
}

struct Tally {
  std::vector<double> overlaps;
  double seconds = 0;
};

void add(const models::Model &model, const std::vector<Frame> &frames,
         const std::vector<Shortcut> &all, double &full_seconds,
         std::vector<Tally> &tallies) {
  nn::ScoreCamOptions exact;
  exact.effort.precision = nn::Precision::kFloat32;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    full_seconds +=
        bench::seconds([&] { scaled_map(model, frames[f], exact); });
    for (std::size_t s = 0; s < all.size(); ++s) {
      if (f < all[s].age) continue;
      Image got;
      if (all[s].age > 0) {
        const Frame &old = frames[f - all[s].age];
        got = shift_left(old.full, std::ptrdiff_t(frames[f].first_column -
                                                  old.first_column));
      } else {
        tallies[s].seconds += bench::seconds(
            [&] { got = scaled_map(model, frames[f], all[s].options); });
      }
      tallies[s].overlaps.push_back(overlap(got, frames[f].full));
    }
  }
}

}  // namespace

int main(int argc, char **argv) {
  CLI::App app("Score-CAM's shortcuts on recordings");
  std::string name = "hydrophone", file;
  std::vector<std::string> paths;
  std::size_t most = 12;
  app.add_option("recordings", paths, "files")->required();
  app.add_option("--model", name, "name or file");
  app.add_option("--frames", most, "of each recording, at most");
  app.add_option("--json", file, "also write the figures there");
  CLI11_PARSE(app, argc, argv);

  const auto model = models::open(name, "cpu");
  const std::vector<Shortcut> all = shortcuts();
  std::vector<Tally> tallies(all.size());
  double full = 0;
  for (const std::string &path : paths)
    add(*model, frames_of(*model, path, most), all, full, tallies);
  std::printf("%s, %zu recordings\n%-18s %8s %10s %10s %10s\n", name.c_str(),
              paths.size(), "", "faster", "IoU mean", "5th perc.", "frames");
  json rows = json::array();
  for (std::size_t s = 0; s < all.size(); ++s) {
    std::vector<double> &o = tallies[s].overlaps;
    if (o.empty()) continue;
    std::sort(o.begin(), o.end());
    double sum = 0;
    for (const double v : o) sum += v;
    const double faster =
        all[s].age > 0 ? double(all[s].age + 1) : full / tallies[s].seconds;
    rows.push_back({{"shortcut", all[s].name},
                    {"times_faster", faster},
                    {"iou_mean", sum / double(o.size())},
                    {"iou_5th_percentile", o[o.size() / 20]},
                    {"frames", o.size()}});
    std::printf("%-18s %8.2f %10.3f %10.3f %10zu\n", all[s].name.c_str(),
                faster, sum / double(o.size()), o[o.size() / 20], o.size());
  }
  bench::write_json(file, rows);
}
