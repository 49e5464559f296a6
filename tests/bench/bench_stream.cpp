/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recipe `lines` on long scenes, as a stream of overlapping pictures in which
 * the newest decides a column: F1 against the exact truth, with every picture
 * standing alone and with the tracks of those before going on in it; F1 by the
 * distance of the deciding column to its picture's nearer edge in time; ids
 * that the tracks used against lines that were tracked; time of a picture's
 * continuation. The class is given.
 *
 * usage: bench_stream MODEL SCENES ADVANCE...
 *        (SCENES of `sonar-model synth --seconds 120`) */
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "models/line_tensors.h"
#include "models/picture.h"
#include "models/synth/truth_set.h"
#include "models/train/dataset.h"
#include "sonar/core/error.h"
#include "sonar/lines/continuation.h"
#include "sonar/lines/footprint.h"
#include "sonar/lines/hypothesis.h"

using namespace sonar;

namespace {

constexpr float kThreshold = 0.75f;
constexpr int kEdges[] = {0, 4, 16, 32};  // columns from the nearer edge

struct Counts {
  double hit = 0, kept = 0, wanted = 0;

  double f1() const { return 2 * hit / (kept + wanted); }
  void add(bool is_kept, bool is_target, bool is_weak) {
    hit += is_kept && is_target;
    wanted += is_target;
    kept += is_kept && (is_target || !is_weak);
  }
};

struct Figures {
  double f1_sum = 0;
  std::size_t scenes = 0, ids = 0, lines = 0, pictures = 0;
  std::map<int, Counts> by_edge;
  double seconds = 0;  // of the continuation alone
};

struct Chain {
  Recipe recipe;
  std::vector<std::string> labels;
  lines::Recognizer recognizer;
};

/* Confidence of a scene's pixels and where in its picture each column was
 * decided. */
class Decided {
 public:
  Decided(std::size_t height, std::size_t width)
      : confidence_(height, width), position_(width, 0) {}

  void take(const Image &confidence, std::int64_t first_column,
            ColumnRange valid) {
    for (std::size_t x = valid.begin; x < valid.end; ++x) {
      const std::int64_t at = first_column + std::int64_t(x);
      if (at < 0 || at >= std::int64_t(position_.size())) continue;
      position_[std::size_t(at)] = int(std::min(x, confidence.width() - 1 - x));
      for (std::size_t y = 0; y < confidence.height(); ++y)
        confidence_.at(y, std::size_t(at)) = confidence.at(y, x);
    }
  }

  void score(const metrics::Truth &truth, Figures &out) const {
    Counts scene;
    for (std::size_t y = 0; y < confidence_.height(); ++y)
      for (std::size_t x = 0; x < confidence_.width(); ++x) {
        const bool kept = confidence_.at(y, x) >= kThreshold;
        const bool target = truth.target.at(y, x), weak = truth.weak.at(y, x);
        int edge = 0;
        for (const int e : kEdges)
          if (position_[x] >= e) edge = e;
        scene.add(kept, target, weak);
        out.by_edge[edge].add(kept, target, weak);
      }
    out.f1_sum += scene.f1();
    ++out.scenes;
  }

 private:
  Image confidence_;
  std::vector<int> position_;
};

void run_scene(const Chain &chain, std::size_t target, bool continued,
               const std::vector<float> &samples, const metrics::Truth &truth,
               Figures &out) {
  using Clock = std::chrono::steady_clock;
  const Recipe &recipe = chain.recipe;
  const double bin_hz = recipe.evidence_recipe().bin_hz();
  const auto whole = std::size_t(recipe.width);
  lines::TrackContinuation stream{whole};
  std::set<std::uint64_t> ids;
  std::set<std::size_t> found;
  Decided decided(truth.target.height, truth.target.width);
  dsp::Spectrograph spectrograph(recipe);
  spectrograph.push(samples.data(), samples.size());
  spectrograph.drain();
  for (dsp::Picture picture; spectrograph.pop(picture);) {
    const auto data = models::picture_data(picture, recipe);
    const auto evidence =
        lines::make_evidence(data.fine_db, data.valid, bin_hz);
    const lines::LineMap map(evidence, chain.recognizer.model().common);
    const auto hypothesis =
        chain.recognizer.recognize(lines::mean_profile(evidence), map, target);
    auto tracks = chain.recognizer.tracks(map, target, hypothesis);
    for (const lines::Track &t : tracks) found.insert(t.line);
    if (continued) {
      const auto start = Clock::now();
      auto followed = stream.put(
          target, picture.first_column + std::int64_t(data.valid.begin),
          std::move(tracks));
      out.seconds +=
          std::chrono::duration<double>(Clock::now() - start).count();
      tracks.clear();
      for (lines::StreamTrack &t : followed) {
        ids.insert(t.id);
        tracks.push_back(std::move(t.track));
      }
    }
    decided.take(
        lines::footprint_confidence(
            lines::footprint_db(tracks, recipe, data.valid), data.valid),
        picture.first_column, data.valid);
    ++out.pictures;
  }
  decided.score(truth, out);
  out.ids += ids.size();
  out.lines += found.size();
}

Figures run(const Chain &chain, const std::string &folder, bool continued) {
  Figures out;
  models::TruthReader truth(folder);
  for (const std::string &name : truth.names()) {
    const std::string label = name.substr(0, name.rfind('_'));
    const auto at = std::find(chain.labels.begin(), chain.labels.end(), label);
    if (at == chain.labels.end())
      throw Error(Errc::kBadArgument,
                  "the model has no class \"" + label + "\"");
    run_scene(chain, std::size_t(at - chain.labels.begin()), continued,
              models::load_audio(folder + "/audio/" + name + ".wav",
                                 chain.recipe.rate_hz),
              truth.read(name), out);
  }
  return out;
}

void print(int advance, bool continued, const Figures &f) {
  std::printf("advance %3d %s F1 %.4f, by distance to the edge", advance,
              continued ? "continued" : "alone    ",
              f.f1_sum / double(f.scenes));
  for (const auto &[edge, counts] : f.by_edge)
    std::printf(" %d+ %.4f", edge, counts.f1());
  if (continued)
    std::printf(", %zu ids of %zu lines, %.0f us a picture", f.ids, f.lines,
                1e6 * f.seconds / double(f.pictures));
  std::printf("\n");
}

}  // namespace

int main(int argc, char **argv) try {
  if (argc < 4) {
    std::fprintf(stderr, "usage: %s MODEL SCENES ADVANCE...\n", argv[0]);
    return 2;
  }
  const auto bundle = models::read_bundle(models::resolve_model(argv[1]));
  const Recipe fine = bundle.settings.recipe.evidence_recipe();
  auto model =
      models::read_line_tensors(bundle.tensors, bundle.settings.labels.size(),
                                fine.bin_hz(), std::size_t(fine.height()));
  if (!model) throw Error(Errc::kBadArgument, "the model knows no lines");
  Chain chain{bundle.settings.recipe,
              bundle.settings.labels,
              {std::move(*model), std::size_t(fine.height())}};
  for (int i = 3; i < argc; ++i) {
    chain.recipe.advance = std::atoi(argv[i]);
    for (const bool continued : {false, true})
      print(chain.recipe.advance, continued, run(chain, argv[2], continued));
  }
  return 0;
} catch (const Error &e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
