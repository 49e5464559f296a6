/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/report/cases.h"

#include <algorithm>
#include <filesystem>

#include "models/synth/truth_set.h"

namespace sonar::models::report {
namespace {

constexpr std::size_t kMostColumns = 512;

Case look_at(const Model &model, const std::string &kind,
             const std::string &name, const std::string &path) {
  Case c;
  c.kind = kind;
  c.name = name;
  c.recording =
      beginning(analyse_recording(path, model.settings().recipe), c.cut);
  c.seen = classify_pictures(model, c.recording);
  return c;
}

/** The answer on what is shown, for a recording that nothing else judged. */
void decide(const Model &model, Case &c) {
  const Verdict verdict = judge_recording(model, c.recording, c.seen);
  c.classes = verdict.classes;
  c.decision.predicted = names_of(model.settings(), verdict.classes);
  c.decision.confidence = verdict.confidence;
  c.decision.rejected = verdict.rejected;
}

}  // namespace

Image Case::value_db() const {
  std::vector<Image> parts;
  for (const PictureData &p : recording.pictures) parts.push_back(p.value_db);
  return recording.join(parts);
}

Image Case::confidence(const Model &model, const MaskOptions &options) const {
  return recording_confidence(model, recording, seen, classes, options, true);
}

Image Case::target() const {
  const mask::Binary &known = truth->target;
  Image out(known.height, recording.columns);
  for (std::size_t y = 0; y < out.height(); ++y)
    for (std::size_t x = 0; x < out.width(); ++x)
      out.at(y, x) = known.at(y, x) ? 1.0f : 0.0f;
  return out;
}

std::optional<metrics::TruthScore> Case::score_of(
    const mask::Binary &mask) const {
  if (!truth || cut) return {};
  return metrics::score(mask, *truth);
}

AnalysedRecording beginning(AnalysedRecording recording, bool &cut) {
  std::size_t pictures = 0, columns = 0;
  for (const PictureData &p : recording.pictures) {
    if (pictures > 0 && columns + p.valid.count() > kMostColumns) break;
    columns += p.valid.count();
    ++pictures;
  }
  cut = pictures < recording.pictures.size();
  recording.pictures.resize(pictures);
  recording.columns = columns;
  return recording;
}

std::vector<Case> truth_cases(const Model &model, const std::string &folder,
                              const std::vector<TruthRecording> &recordings,
                              const Evaluation &evaluation, std::size_t own,
                              std::size_t threshold) {
  const auto score = [&](std::size_t i) -> const metrics::TruthScore & {
    return evaluation.recordings[i].outcomes[own][threshold].best;
  };
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < evaluation.recordings.size(); ++i)
    if (score(i).f1) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) {
                     return *score(a).f1 > *score(b).f1;
                   });
  std::vector<std::pair<const char *, std::size_t>> chosen;
  if (!order.empty()) chosen.emplace_back("Good case", order.front());
  if (order.size() > 2)
    chosen.emplace_back("Typical case", order[order.size() / 2]);
  if (order.size() > 1) chosen.emplace_back("Bad case", order.back());

  std::vector<Case> out;
  for (const auto &[kind, i] : chosen) {
    const RecordingResult &result = evaluation.recordings[i];
    Case c = look_at(model, kind, result.name, recordings[i].path);
    c.decision = result.decision;
    for (const std::string &label : result.decision.predicted)
      c.classes.push_back(model.label_index(label));
    c.truth = read_truth(folder, result.name);
    c.score = score(i);
    out.push_back(std::move(c));
  }
  return out;
}

std::vector<Case> data_cases(const Model &model,
                             const std::vector<Recording> &recordings) {
  std::vector<Case> out;
  for (const Recording &r : recordings) {
    Case c = look_at(model, "Example",
                     std::filesystem::path(r.path).stem().string(), r.path);
    decide(model, c);
    c.decision.truth = metrics::parse_label_set(r.label);
    out.push_back(std::move(c));
  }
  return out;
}

}  // namespace sonar::models::report
