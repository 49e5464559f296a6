/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/evaluate/manifest.h"

#include <map>

#include "models/evaluate/recording.h"
#include "models/evaluate/report.h"
#include "models/parallel.h"
#include "models/train/augment.h"
#include "models/verdict.h"

namespace sonar::models {
namespace {

std::vector<metrics::Decision> decisions_of(
    const std::vector<ClassifiedRecording> &recordings) {
  std::vector<metrics::Decision> out;
  for (const ClassifiedRecording &r : recordings) out.push_back(r.decision);
  return out;
}

}  // namespace

std::vector<ClassifiedRecording> classify_recordings(
    const Model &model, const std::vector<Recording> &recordings,
    std::size_t threads,
    const std::function<void(std::size_t, std::size_t)> &progress) {
  const Settings &settings = model.settings();
  std::vector<ClassifiedRecording> out;
  for (const Recording &r : recordings) {
    const metrics::LabelSet labels = metrics::parse_label_set(r.label);
    require_known(model, labels, r.path);
    out.push_back({r.path, r.group, {labels, {}, 0, false}});
  }
  const auto make_worker = [&] {
    return [&, entered = threads <= 1](std::size_t i) mutable {
      if (!entered) model.network().enter_worker_thread();
      entered = true;
      const AnalysedRecording recording =
          analyse_recording(recordings[i].path, settings.recipe);
      const Verdict v = judge_recording(model, recording,
                                        classify_pictures(model, recording));
      metrics::Decision &d = out[i].decision;
      d.predicted = names_of(settings, v.classes);
      d.confidence = v.confidence;
      d.rejected = v.rejected;
    };
  };
  for_each_in_parallel(recordings.size(), threads, progress, make_worker);
  return out;
}

std::vector<ClassifiedRecording> classify_dataset(const Model &model,
                                                  const Dataset &data) {
  const Settings &settings = model.settings();
  std::map<std::size_t, std::vector<Classification>> seen;
  for (const Tile &tile : data.tiles) {
    Decoded picture = decode(tile, settings.recipe);
    seen[tile.recording].push_back(model.classify(
        {std::move(picture.value_db), std::move(picture.background_db),
         tile.valid, decode_fine(tile, settings.recipe)}));
  }
  std::vector<ClassifiedRecording> out;
  for (const auto &[index, pictures] : seen) {
    const Recording &r = data.recordings[index];
    const metrics::LabelSet labels = metrics::parse_label_set(r.label);
    require_known(model, labels, r.path);
    const Verdict v = judge(model, pictures);
    out.push_back(
        {r.path,
         r.group,
         {labels, names_of(settings, v.classes), v.confidence, v.rejected}});
  }
  return out;
}

std::vector<GroupScore> score_groups(
    const std::vector<ClassifiedRecording> &recordings) {
  std::map<std::string, std::vector<metrics::Decision>> of_group;
  for (const ClassifiedRecording &r : recordings)
    of_group[r.group].push_back(r.decision);
  std::vector<GroupScore> out;
  for (const auto &[group, decisions] : of_group)
    out.push_back({group, metrics::score(decisions)});
  return out;
}

std::optional<double> group_accuracy(const std::vector<GroupScore> &groups) {
  double sum = 0;
  std::size_t count = 0;
  for (const GroupScore &g : groups) {
    sum += g.score.accuracy.value_or(0);
    count += g.score.accuracy.has_value();
  }
  if (!count) return std::nullopt;
  return sum / double(count);
}

Json manifest_json(const Model &model,
                   const std::vector<ClassifiedRecording> &recordings,
                   bool per_file) {
  const Settings &settings = model.settings();
  Json out{{"model", settings.name}, {"labels", settings.labels}};
  out["classification"] =
      classification_json(decisions_of(recordings), settings.labels);
  const std::vector<GroupScore> groups = score_groups(recordings);
  if (const auto accuracy = group_accuracy(groups))
    out["classification"]["group_accuracy"] = *accuracy;
  out["groups"] = Json::object();
  for (const GroupScore &g : groups) out["groups"][g.group] = to_json(g.score);
  if (!per_file) return out;
  out["recordings"] = Json::array();
  for (const ClassifiedRecording &r : recordings) {
    Json entry{{"path", r.path}, {"group", r.group}};
    entry.update(to_json(r.decision));
    out["recordings"].push_back(entry);
  }
  return out;
}

std::string manifest_text(const Model &model,
                          const std::vector<ClassifiedRecording> &recordings,
                          bool per_file) {
  std::string out =
      classification_text(decisions_of(recordings), model.settings().labels);
  const std::vector<GroupScore> groups = score_groups(recordings);
  out += "\n" + std::to_string(groups.size()) +
         " groups, accuracy with each counted once " +
         fixed(group_accuracy(groups), 3) + "\n";
  if (!per_file) return out;
  out += "\naccuracy  recordings  group\n";
  for (const GroupScore &g : groups) {
    const std::size_t count = g.score.known + g.score.without_target;
    out += padded(fixed(g.score.accuracy, 3), 8) + "  " +
           padded(std::to_string(count), 10) + "  " + g.group + "\n";
  }
  out += "\n  said of it  confidence  holds\n";
  for (const ClassifiedRecording &r : recordings) {
    const metrics::Decision &d = r.decision;
    out += padded(d.rejected ? "unknown" : metrics::text(d.predicted), 12) +
           "  " + padded(fixed(d.confidence, 3), 10) + "  " +
           metrics::text(d.truth) + ": " + r.path + "\n";
  }
  return out;
}

}  // namespace sonar::models
