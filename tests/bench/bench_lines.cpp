/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the time of recipe `lines` goes: microseconds of each of its steps on
 * a picture of the synthetic scenes, medians; and those of the pictures of a
 * stream, most of whose columns were in the picture before.
 *
 * usage: bench_lines [MODEL] [--json FILE]     (default: synthetic) */
#include "bench/figures.h"
#include "models/bundle.h"
#include "models/line_tensors.h"
#include "models/picture.h"
#include "models/synth/scene.h"
#include "sonar/core/error.h"
#include "sonar/lines/footprint.h"
#include "sonar/lines/hypothesis.h"

using namespace sonar;

namespace {

constexpr int kSeeds = 3, kRepeats = 15;

/* In the order in which they are run. */
struct Steps {
  std::vector<std::pair<std::string, std::vector<double>>> all;

  template <typename Body>
  auto time(const std::string &step, Body &&body) {
    const auto start = std::chrono::steady_clock::now();
    auto result = body();
    const std::chrono::duration<double, std::micro> took =
        std::chrono::steady_clock::now() - start;
    for (auto &[name, times] : all)
      if (name == step) return times.push_back(took.count()), result;
    all.push_back({step, {took.count()}});
    return result;
  }
};

dsp::Picture last_picture(dsp::Spectrograph &spectrograph,
                          const std::vector<float> &samples) {
  spectrograph.reset();
  spectrograph.push(samples.data(), samples.size());
  spectrograph.drain();
  dsp::Picture picture, next;
  while (spectrograph.pop(next)) std::swap(picture, next);
  return picture;
}

void run_picture(dsp::Spectrograph &spectrograph,
                 const lines::Recognizer &recognizer, std::size_t target,
                 const std::vector<float> &samples, Steps &steps) {
  const Recipe &recipe = spectrograph.recipe();
  const auto picture = steps.time("FFTs and backgrounds", [&] {
    return last_picture(spectrograph, samples);
  });
  const models::PictureData data = models::picture_data(picture, recipe);
  const auto evidence = steps.time("evidence", [&] {
    return lines::make_evidence(data.fine_db, data.valid,
                                recipe.evidence_recipe().bin_hz());
  });
  const auto map = steps.time("line map", [&] {
    return lines::LineMap(evidence, recognizer.model().common);
  });
  const auto all = steps.time("classes", [&] {
    return recognizer.recognize(lines::mean_profile(evidence), map);
  });
  const auto tracks = steps.time(
      "tracks", [&] { return recognizer.tracks(map, target, all[target]); });
  steps.time("footprint", [&] {
    return lines::footprint_confidence(
        lines::footprint_db(tracks, recipe, data.valid), data.valid);
  });
}

/* Microseconds of the spectrograph alone a picture of the model's advance. */
double stream_microseconds(const Recipe &recipe,
                           const std::vector<float> &samples) {
  std::size_t pictures = 0;
  const double took = bench::seconds([&] {
    dsp::Spectrograph spectrograph(recipe);
    spectrograph.push(samples.data(), samples.size());
    spectrograph.drain();
    for (dsp::Picture p; spectrograph.pop(p);) ++pictures;
  });
  return 1e6 * took / double(pictures);
}

}  // namespace

int main(int argc, char **argv) try {
  const std::string file = bench::json_argument(argc, argv);
  const auto bundle = models::read_bundle(
      models::resolve_model(argc > 1 ? argv[1] : "synthetic"));
  const Recipe &recipe = bundle.settings.recipe;
  const Recipe fine = recipe.evidence_recipe();
  auto model =
      models::read_line_tensors(bundle.tensors, bundle.settings.labels.size(),
                                fine.bin_hz(), std::size_t(fine.height()));
  if (!model) throw Error(Errc::kBadArgument, "the model knows no lines");
  const lines::Recognizer recognizer(std::move(*model),
                                     std::size_t(fine.height()));
  Recipe whole = recipe;
  whole.advance = whole.width;
  dsp::Spectrograph spectrograph(whole);
  Steps steps;
  std::vector<double> stream;
  models::SceneOptions options;
  options.recipe = models::synthetic_recipe();
  for (std::size_t c = 0; c < bundle.settings.labels.size(); ++c)
    for (int seed = 0; seed < kSeeds; ++seed) {
      options.seed = std::uint64_t(seed);
      const auto scene = models::make_scene(bundle.settings.labels[c], options);
      for (int i = 0; i < kRepeats; ++i)
        run_picture(spectrograph, recognizer, c, scene.samples, steps);
      stream.push_back(stream_microseconds(recipe, scene.samples));
    }
  nlohmann::json figures;
  double sum = 0;
  for (const auto &[step, times] : steps.all) {
    const double took = bench::median(times);
    sum += took;
    figures[step] = took;
    std::printf("%-28s %8.0f us\n", step.c_str(), took);
  }
  figures["picture"] = sum;
  figures["spectrograph, in a stream"] = bench::median(stream);
  std::printf("%-28s %8.0f us\n%-28s %8.0f us\n", "a picture by itself", sum,
              "spectrograph, in a stream", bench::median(stream));
  bench::write_json(file, {{"microseconds", figures}});
  return 0;
} catch (const Error &e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
