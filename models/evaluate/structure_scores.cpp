/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/structure_scores.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>

#include "models/evaluate/evaluate.h"
#include "models/evaluate/recording.h"
#include "models/parallel.h"
#include "models/structures.h"
#include "models/synth/truth_set.h"
#include "sonar/core/error.h"
#include "sonar/metrics/ranking.h"

namespace sonar::models {
namespace {

constexpr double kOwn = 0.5, kForeign = 0.2;  // share of target pixels

/** What is compared; the first is the score itself. */
constexpr std::array<std::pair<const char *, const char *>, 5> kRankings = {{
    {"structures", "kept and taken out, as signatureoverlay draws them"},
    {"keep-one", "mean of the class map over the structure"},
    {"score-cam", "mean of the picture's Score-CAM over it"},
    {"mask", "control: mean confidence of the model's own mask"},
    {"level", "control: mean level, no class asked"},
}};

struct Judged {
  std::array<double, kRankings.size()> scores{};
  mask::Speaks says = mask::Speaks::kNothing;
  bool of_target = false;
};

struct Found {
  bool counted = false;
  std::size_t mixed = 0;
  double milliseconds = 0;
  std::vector<Judged> structures;
};

/** Mean of an image over each structure. */
std::vector<double> means(const Image &image,
                          const mask::Structures &structures) {
  std::vector<double> out(structures.found.size());
  for (std::size_t i = 0; i < structures.owner.size(); ++i)
    if (structures.owner[i])
      out[structures.owner[i] - 1u] += double(image.data()[i]);
  for (std::size_t s = 0; s < out.size(); ++s)
    out[s] /= double(structures.found[s].pixels);
  return out;
}

/** 1 where the target is, on the grid of a recording's first picture. */
Image target_of(const metrics::Truth &truth, const PictureData &picture,
                const std::string &name) {
  Image out(picture.value_db.height(), picture.value_db.width());
  if (truth.weak.height != out.height() ||
      truth.weak.width < picture.valid.count())
    throw Error(Errc::kBadArgument,
                "the truth of " + name + " is " +
                    shape_text(truth.weak.height, truth.weak.width) +
                    " (frequency x time), the model's first picture " +
                    shape_text(out) +
                    "; needed a model of the truth's rate, FFT, hop and "
                    "frequencies");
  for (std::size_t y = 0; y < out.height(); ++y)
    for (std::size_t x = picture.valid.begin; x < picture.valid.end; ++x)
      out.at(y, x) = truth.weak.at(y, x - picture.valid.begin);
  return out;
}

Image confidence_of(const Model &model, const PictureData &picture,
                    std::size_t target, const Classification &seen,
                    MaskRecipe recipe, bool explain, MaskResult &made) {
  MaskOptions options;
  options.recipe = recipe;
  options.combine = mask::Combine::kImage;
  options.explain = explain;
  made = model.make_mask(picture, target, &seen, options);
  return made.confidence;
}

Found judge_picture(const Model &model, const PictureData &picture,
                    const std::vector<std::size_t> &targets,
                    const Image &truth) {
  using Clock = std::chrono::steady_clock;
  const Classification seen = model.classify(picture);
  MaskResult made, scratch;
  const Image own = confidence_of(model, picture, targets.front(), seen,
                                  model.settings().mask_recipe, true, made);
  const Image cam = confidence_of(model, picture, targets.front(), seen,
                                  MaskRecipe::kReleased, false, scratch);
  const auto start = Clock::now();
  const ExplainedStructures explained =
      explain_structures(model, picture, targets, made.tracks, {});
  Found out;
  out.counted = true;
  out.milliseconds =
      std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  const mask::Structures &structures = explained.structures;
  const auto share = means(truth, structures),
             map = means(made.explanation, structures),
             of_cam = means(cam, structures), of_mask = means(own, structures);
  for (std::size_t s = 0; s < structures.found.size(); ++s) {
    if (share[s] > kForeign && share[s] < kOwn) {
      ++out.mixed;
      continue;
    }
    const float score = explained.scores[s].score;
    out.structures.push_back({{double(score), map[s], of_cam[s], of_mask[s],
                               double(structures.found[s].mean_db)},
                              mask::speaks(score),
                              share[s] >= kOwn});
  }
  return out;
}

StructureRanking rank(const std::vector<Found> &pictures, std::size_t which) {
  StructureRanking out{kRankings[which].first, kRankings[which].second, {}, {}};
  std::vector<metrics::Ranked> all;
  double sum = 0;
  std::size_t count = 0;
  for (const Found &picture : pictures) {
    std::vector<metrics::Ranked> own;
    for (const Judged &s : picture.structures)
      own.push_back({s.scores[which], s.of_target});
    all.insert(all.end(), own.begin(), own.end());
    if (const auto area = metrics::area_under_curve(own)) {
      sum += *area;
      ++count;
    }
  }
  out.auc = metrics::area_under_curve(all);
  if (count) out.auc_within = sum / double(count);
  return out;
}

StructureFigures summarize(const std::vector<Found> &pictures) {
  StructureFigures out;
  const std::pair<const char *, mask::Speaks> answers[] = {
      {"for", mask::Speaks::kFor},
      {"nothing", mask::Speaks::kNothing},
      {"against", mask::Speaks::kAgainst}};
  for (const auto &answer : answers) out.answers.push_back({answer.first});
  double milliseconds = 0;
  for (const Found &picture : pictures) {
    out.pictures += picture.counted;
    out.mixed += picture.mixed;
    milliseconds += picture.milliseconds;
    for (const Judged &s : picture.structures) {
      ++out.structures;
      out.of_target += s.of_target;
      for (std::size_t a = 0; a < out.answers.size(); ++a)
        if (answers[a].second == s.says) {
          ++out.answers[a].structures;
          out.answers[a].of_target += s.of_target;
        }
    }
  }
  if (out.pictures) out.explain_ms = milliseconds / double(out.pictures);
  for (std::size_t r = 0; r < kRankings.size(); ++r)
    out.rankings.push_back(rank(pictures, r));
  return out;
}

std::string padded_left(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

}  // namespace

StructureFigures score_structures(
    const Model &model, const std::string &folder,
    const std::map<std::string, std::string> &renamed, std::size_t count,
    std::size_t threads,
    const std::function<void(std::size_t, std::size_t)> &progress) {
  const std::vector<TruthRecording> recordings =
      list_truth_set(folder, renamed);
  count = std::min(count, recordings.size());
  std::vector<Found> found(count);
  const auto make_worker = [&] {
    return [&, truths = std::make_shared<TruthReader>(folder),
            entered = threads <= 1](std::size_t i) mutable {
      if (!entered) model.network().enter_worker_thread();
      entered = true;
      const TruthRecording &about = recordings[i * recordings.size() / count];
      if (about.labels.empty()) return;
      std::vector<std::size_t> targets;
      for (const std::string &label : about.labels)
        targets.push_back(model.label_index(label));
      const AnalysedRecording recording =
          analyse_recording(about.path, model.settings().recipe);
      const PictureData &picture = recording.pictures.front();
      found[i] = judge_picture(
          model, picture, targets,
          target_of(truths->read(about.name), picture, about.name));
    };
  };
  for_each_in_parallel(count, threads, progress, make_worker);
  return summarize(found);
}

Json to_json(const StructureFigures &figures) {
  Json out = {{"pictures", figures.pictures},
              {"structures", figures.structures},
              {"of_target", figures.of_target},
              {"mixed", figures.mixed}};
  if (figures.explain_ms) out["explain_ms"] = *figures.explain_ms;
  for (const StructureRanking &r : figures.rankings) {
    Json one = {{"name", r.name}, {"description", r.description}};
    if (r.auc) one["auc"] = *r.auc;
    if (r.auc_within) one["auc_within"] = *r.auc_within;
    out["rankings"].push_back(one);
  }
  for (const StructureAnswer &a : figures.answers)
    out["answers"].push_back({{"name", a.name},
                              {"structures", a.structures},
                              {"of_target", a.of_target}});
  return out;
}

std::string structures_text(const StructureFigures &figures) {
  std::string out = "\n" + padded_left("structures", 20) +
                    "      AUC  in a picture   of " +
                    std::to_string(figures.structures) + " in " +
                    std::to_string(figures.pictures) + " pictures, " +
                    std::to_string(figures.of_target) + " the target's (" +
                    std::to_string(figures.mixed) + " mixed left out)\n";
  for (const StructureRanking &r : figures.rankings)
    out += padded_left(r.name, 20) + padded(fixed(r.auc, 3), 9) +
           padded(fixed(r.auc_within, 3), 14) + "   " + r.description + "\n";
  for (const StructureAnswer &a : figures.answers) {
    const std::string name =
        a.name == "nothing" ? "says nothing" : "speaks " + a.name;
    std::optional<double> share;
    if (a.structures) share = double(a.of_target) / double(a.structures);
    out += padded_left(name, 20) + padded(std::to_string(a.structures), 9) +
           "   " + percent(share) + " of them the target's\n";
  }
  if (figures.explain_ms)
    out += fixed(figures.explain_ms, 1) + " ms a picture\n";
  return out;
}

}  // namespace sonar::models
