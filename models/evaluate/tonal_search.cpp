/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <cmath>

#include "models/evaluate/tonal_scores.h"
#include "models/parallel.h"
#include "models/picture.h"
#include "sonar/core/error.h"
#include "sonar/dsp/spectrograph.h"
#include "sonar/mask/threshold.h"
#include "sonar/tonal/excess.h"

namespace sonar::models {
namespace {

/* One picture holds the whole scene, but a model's is as wide as it is. */
Recipe analysis_of(const TonalScoreOptions &o) {
  Recipe r = o.recipe;
  if (o.mask != TonalMask::kModel)
    r.width = int(1 + (o.scene.seconds * r.rate_hz - double(r.span_samples())) /
                          double(r.column_samples()));
  r.advance = r.width;
  r.validate();
  return r;
}

void check(const TonalScoreOptions &o) {
  if (o.mask == TonalMask::kModel && !o.model)
    throw Error(Errc::kBadArgument,
                "masks of a model's recipe need a model; name one");
  const Recipe &a = o.recipe, &b = o.scene.recipe;
  if (a.rate_hz != b.rate_hz)
    throw Error(Errc::kBadArgument,
                "the scenes have a rate of " + std::to_string(b.rate_hz) +
                    " Hz, the analysis " + std::to_string(a.rate_hz) +
                    "; give both the same");
  if (o.mask == TonalMask::kTruth &&
      (a.fft_size != b.fft_size || a.hop_size != b.hop_size ||
       a.height() != b.height()))
    throw Error(Errc::kBadArgument,
                "the truth's pixels are those of the scenes' own recipe (FFT " +
                    std::to_string(b.fft_size) + ", hop " +
                    std::to_string(b.hop_size) +
                    "); with another one search for the excess");
}

mask::Binary model_mask(const Model &model, const std::string &label,
                        const PictureData &picture) {
  const Settings &settings = model.settings();
  MaskOptions options;
  options.recipe = settings.mask_recipe;
  const Classification seen = model.classify(picture);
  return mask::threshold(
      model.make_mask(picture, model.label_index(label), &seen, options)
          .confidence,
      float(settings.threshold));
}

mask::Binary pixels_of(const TonalScoreOptions &o, const Recipe &analysis,
                       const SynthScene &scene, const PictureData &picture,
                       const tonal::Picture &searched) {
  switch (o.mask) {
    case TonalMask::kTruth:
      return scene.truth.target;
    case TonalMask::kModel:
      return model_mask(*o.model, scene.label, picture);
    case TonalMask::kExcess:
      break;
  }
  return mask::threshold(
      tonal::line_excess(searched, analysis, analysis.row_edges_hz()),
      float(o.threshold_db), float(o.hysteresis_db));
}

TonalFigures search(const TonalScoreOptions &o, const Recipe &analysis,
                    const SynthScene &scene) {
  dsp::Spectrograph spectrograph(analysis);
  spectrograph.push(scene.samples.data(), scene.samples.size());
  spectrograph.drain();
  dsp::Picture first;
  if (!spectrograph.pop(first))
    throw Error(Errc::kBadArgument, "a scene has not one picture");
  const PictureData picture = picture_data(first, analysis);
  tonal::Analyzer::Options options;
  if (o.mask == TonalMask::kExcess)
    options.tracker.least_excess_db = o.threshold_db;
  tonal::Analyzer analyzer(analysis, analysis.row_edges_hz(),
                           !picture.fine_db.empty(), options);
  tonal::Picture searched{0,
                          picture.valid,
                          &picture.value_db,
                          &picture.background_db,
                          &picture.fine_db,
                          nullptr};
  const mask::Binary kept = pixels_of(o, analysis, scene, picture, searched);
  searched.kept = &kept;
  analyzer.put(searched);
  return score_tonals(scene, o.scene.recipe, analysis, analyzer.grid(),
                      analyzer.tonals(), analyzer.families(),
                      o.least_excess_db);
}

}  // namespace

TonalFigures score_tonals(
    const TonalScoreOptions &options,
    const std::function<void(std::size_t, std::size_t)> &progress) {
  check(options);
  const Recipe analysis = analysis_of(options);
  const std::vector<std::string> classes =
      options.classes.empty() ? scene_classes() : options.classes;
  const std::size_t count = classes.size() * std::size_t(options.per_class);
  std::vector<TonalFigures> scenes(count);
  for_each_in_parallel(count, options.threads, progress, [&] {
    return [&](std::size_t i) {
      SceneOptions own = options.scene;
      own.seed += i / classes.size();
      scenes[i] = search(options, analysis,
                         make_scene(classes[i % classes.size()], own));
    };
  });
  return sum_of(scenes);
}

}  // namespace sonar::models
