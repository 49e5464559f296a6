/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/explanations.h"

#include <algorithm>
#include <cstdio>

#include "models/network_input.h"
#include "models/parallel.h"
#include "models/synth/random.h"
#include "sonar/mask/evidence.h"
#include "sonar/nn/faithfulness.h"

namespace sonar::models {
namespace {

Explanation score_cam(const nn::ScoreCamPresetInfo &about) {
  MaskOptions options;
  options.recipe = MaskRecipe::kReleased;
  options.combine = mask::Combine::kImage;
  options.score_cam = about.preset;
  const bool released = about.preset == nn::ScoreCamPreset::kReleased;
  return {std::string("score-cam") +
              (released ? "" : std::string("-") + about.nick),
          about.blurb,
          [options](const Model &model, const PictureData &picture,
                    const Classification &seen, std::size_t target) {
            return model.make_mask(picture, target, &seen, options).confidence;
          }};
}

Image keep_one(const Model &model, const PictureData &picture,
               const Classification &seen, std::size_t target) {
  MaskOptions options;
  options.recipe = MaskRecipe::kEvidence;
  options.explain = true;
  return model.make_mask(picture, target, &seen, options).explanation;
}

Image evidence(const Model &, const PictureData &picture,
               const Classification &, std::size_t) {
  return mask::blind_confidence(picture.value_db, picture.background_db,
                                picture.valid);
}

Image chance(const Model &, const PictureData &picture, const Classification &,
             std::size_t) {
  Image map(picture.value_db.height(), picture.value_db.width());
  synth::Random random(0, 0);
  for (std::size_t i = 0; i < map.size(); ++i)
    map.data()[i] = float(random.uniform());
  return map;
}

std::vector<nn::Faithfulness> score_picture(const Model &model,
                                            const PictureData &p) {
  const Classification seen = model.classify(p);
  const nn::Network &network = model.network();
  const std::vector<float> input = network_input(model.settings(), p),
                           blank = network_blank(model.settings(), p);
  std::vector<nn::Faithfulness> out;
  for (const Explanation &e : explanations())
    out.push_back(nn::faithfulness(network, input.data(), blank.data(),
                                   seen.best, e.make(model, p, seen, seen.best),
                                   {}));
  return out;
}

}  // namespace

const std::vector<Explanation> &explanations() {
  static const std::vector<Explanation> list = [] {
    std::vector<Explanation> all;
    for (const nn::ScoreCamPresetInfo &about : nn::score_cam_presets())
      all.push_back(score_cam(about));
    all.push_back({"keep-one", "patches kept alone", keep_one});
    all.push_back(
        {"evidence", "control: lines and transients of any class", evidence});
    all.push_back({"random", "control: chance", chance});
    return all;
  }();
  return list;
}

std::vector<ExplanationScore> score_explanations(
    const Model &model, const std::vector<std::string> &paths,
    std::size_t count, std::size_t threads,
    const std::function<void(std::size_t, std::size_t)> &progress) {
  count = std::min(count, paths.size());
  std::vector<std::vector<nn::Faithfulness>> found(count);
  const auto make_worker = [&] {
    return [&, entered = threads <= 1](std::size_t i) mutable {
      if (!entered) model.network().enter_worker_thread();
      entered = true;
      const AnalysedRecording recording = analyse_recording(
          paths[i * paths.size() / count], model.settings().recipe);
      found[i] = score_picture(model, recording.pictures.front());
    };
  };
  for_each_in_parallel(count, threads, progress, make_worker);
  std::vector<ExplanationScore> out;
  for (std::size_t e = 0; e < explanations().size(); ++e) {
    const Explanation &about = explanations()[e];
    ExplanationScore s{about.name, about.description, count, 0, 0, 0, 0};
    for (const auto &picture : found) {
      s.average_drop += picture[e].drop / double(count);
      s.average_increase += picture[e].increase / double(count);
      s.insertion += picture[e].insertion / double(count);
      s.deletion += picture[e].deletion / double(count);
    }
    out.push_back(s);
  }
  return out;
}

Json to_json(const std::vector<ExplanationScore> &scores) {
  Json out = Json::array();
  for (const ExplanationScore &s : scores)
    out.push_back({{"name", s.name},
                   {"description", s.description},
                   {"pictures", s.pictures},
                   {"average_drop", s.average_drop},
                   {"average_increase", s.average_increase},
                   {"insertion", s.insertion},
                   {"deletion", s.deletion}});
  return out;
}

std::string explanations_text(const std::vector<ExplanationScore> &scores) {
  char line[160];
  std::string out = "\n";
  std::snprintf(line, sizeof line, "%-20s %8s %9s %10s %9s   of %zu pictures\n",
                "explanation", "drop", "increase", "insertion", "deletion",
                scores.front().pictures);
  out += line;
  for (const ExplanationScore &s : scores) {
    std::snprintf(line, sizeof line, "%-20s %8s %9s %10.3f %9.3f   %s\n",
                  s.name.c_str(), percent(s.average_drop).c_str(),
                  percent(s.average_increase).c_str(), s.insertion, s.deletion,
                  s.description.c_str());
    out += line;
  }
  return out;
}

}  // namespace sonar::models
