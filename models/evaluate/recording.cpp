/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/recording.h"

#include <algorithm>

#include "models/train/dataset.h"
#include "sonar/core/error.h"
#include "sonar/dsp/spectrograph.h"

namespace sonar::models {
Image AnalysedRecording::join(const std::vector<Image> &parts) const {
  if (parts.empty() || parts.front().empty()) return {};
  Image out(parts.front().height(), columns);
  std::size_t at = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const ColumnRange valid = pictures[i].valid;
    for (std::size_t y = 0; y < out.height(); ++y)
      std::copy(parts[i].row(y) + valid.begin, parts[i].row(y) + valid.end,
                out.row(y) + at);
    at += valid.count();
  }
  return out;
}

AnalysedRecording analyse_recording(const std::string &path,
                                    const Recipe &recipe) {
  AnalysedRecording out;
  out.samples = load_audio(path, recipe.rate_hz);
  Recipe side_by_side = recipe;
  side_by_side.advance = recipe.width;
  dsp::Spectrograph spectrograph(side_by_side);
  spectrograph.push(out.samples.data(), out.samples.size());
  spectrograph.drain();
  dsp::Picture picture;
  while (spectrograph.pop(picture)) {
    out.pictures.push_back(picture_data(picture, recipe));
    out.columns += picture.valid.count();
  }
  return out;
}

Verdict judge_recording(const Model &model, const AnalysedRecording &recording,
                        std::vector<Classification> seen) {
  const std::size_t least =
      (std::size_t(model.settings().recipe.width) + 7) / 8;
  if (seen.size() > 1 && recording.pictures.back().valid.count() < least)
    seen.pop_back();
  return judge(model, seen);
}

std::vector<Classification> classify_pictures(
    const Model &model, const AnalysedRecording &recording) {
  std::vector<Classification> seen;
  for (const PictureData &p : recording.pictures)
    seen.push_back(model.classify(p));
  return seen;
}

void require_known(const Model &model, const metrics::LabelSet &labels,
                   const std::string &path) {
  try {
    for (const std::string &label : labels) model.label_index(label);
  } catch (const Error &e) {
    throw Error(Errc::kBadArgument,
                path + " is labelled " + metrics::text(labels) + ": " +
                    e.what() +
                    "; rename it (--merge old=new), leave it out (--only), or "
                    "say that none is there (--merge old=none)");
  }
}

metrics::LabelSet names_of(const Settings &settings,
                           const std::vector<std::size_t> &classes) {
  metrics::LabelSet names;
  for (const std::size_t c : classes) names.push_back(settings.labels[c]);
  std::sort(names.begin(), names.end());
  return names;
}

Image recording_confidence(const Model &model,
                           const AnalysedRecording &recording,
                           const std::vector<Classification> &seen,
                           const std::vector<std::size_t> &classes,
                           const MaskOptions &options, bool guessed) {
  const auto height = std::size_t(model.settings().recipe.height());
  Image largest(height, recording.columns);
  for (const std::size_t target : classes) {
    std::vector<Image> parts;
    for (std::size_t i = 0; i < recording.pictures.size(); ++i) {
      MaskOptions own = options;
      if (guessed) own.class_weights = seen[i].probabilities;
      parts.push_back(
          model.make_mask(recording.pictures[i], target, &seen[i], own)
              .confidence);
    }
    mask::take_larger(largest, recording.join(parts));
  }
  return largest;
}

}  // namespace sonar::models
