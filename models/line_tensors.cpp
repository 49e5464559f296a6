/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/line_tensors.h"

#include <algorithm>

#include "sonar/core/error.h"

namespace sonar::models {
namespace {

constexpr std::int64_t kLineValues = 7, kClassValues = 2;

const Tensor &find(const std::map<std::string, Tensor> &tensors,
                   const std::string &name) {
  const auto found = tensors.find(name);
  if (found == tensors.end())
    throw Error(Errc::kBadModel,
                "tensor " + name + " is missing; train the model again");
  return found->second;
}

void need(bool good, const std::string &name, const std::string &what) {
  if (!good)
    throw Error(Errc::kBadModel, "tensor " + name + " needs " + what +
                                     "; train the model again");
}

void need_inside(double frequency, std::size_t bins, const std::string &name) {
  need(frequency > 0 && frequency <= double(bins), name,
       "frequencies inside the fine spectrum");
}

lines::Line read_line(const float *v, double bin_hz, std::size_t bins,
                      const std::string &name) {
  lines::Line line;
  line.frequency = double(v[0]) / bin_hz;
  line.height_db = double(v[1]);
  line.moving = v[2] != 0;
  line.presence = double(v[3]);
  line.level_db = double(v[4]);
  line.spread_db = double(v[5]);
  line.offset_sd = double(v[6]) / bin_hz;
  need_inside(line.frequency, bins, name);
  need(line.presence > 0 && line.presence < 1, name,
       "presences between 0 and 1");
  need(line.spread_db > 0 && line.offset_sd > 0, name,
       "standard deviations above 0");
  return line;
}

lines::LevelDensity read_background(
    const std::map<std::string, Tensor> &tensors) {
  const std::vector<float> &density = find(tensors, "lines.background").values;
  need(density.size() == lines::LevelDensity::kSteps &&
           std::all_of(density.begin(), density.end(),
                       [](float d) { return d > 0; }),
       "lines.background",
       std::to_string(lines::LevelDensity::kSteps) + " values above 0");
  return lines::LevelDensity(density);
}

}  // namespace

void add_line_tensors(const lines::LineModel &model, double bin_hz,
                      std::map<std::string, Tensor> &tensors) {
  Tensor classes{{std::int64_t(model.classes.size()), kClassValues}, {}};
  for (std::size_t c = 0; c < model.classes.size(); ++c) {
    const lines::ClassLines &of = model.classes[c];
    classes.values.push_back(float(of.ratio_sd));
    classes.values.push_back(float(of.threshold));
    if (of.lines.empty()) continue;
    Tensor lines{{std::int64_t(of.lines.size()), kLineValues}, {}};
    for (const lines::Line &l : of.lines)
      for (const double v :
           {l.frequency * bin_hz, l.height_db, double(l.moving), l.presence,
            l.level_db, l.spread_db, l.offset_sd * bin_hz})
        lines.values.push_back(float(v));
    tensors["lines." + std::to_string(c)] = std::move(lines);
  }
  tensors["lines.classes"] = std::move(classes);
  const std::vector<float> &background = model.background.values();
  tensors["lines.background"] = {{std::int64_t(background.size())}, background};
  if (model.common.empty()) return;
  Tensor common{{std::int64_t(model.common.size())}, {}};
  for (const lines::CommonLine &l : model.common)
    common.values.push_back(float(l.frequency * bin_hz));
  tensors["lines.common"] = std::move(common);
}

std::optional<lines::LineModel> read_line_tensors(
    const std::map<std::string, Tensor> &tensors, std::size_t classes,
    double bin_hz, std::size_t bins) {
  if (!tensors.count("lines.classes")) return std::nullopt;
  const Tensor &about = find(tensors, "lines.classes");
  need(about.shape ==
           std::vector<std::int64_t>{std::int64_t(classes), kClassValues},
       "lines.classes", "2 values a class");
  lines::LineModel model;
  for (std::size_t c = 0; c < classes; ++c) {
    lines::ClassLines of;
    of.ratio_sd = double(about.values[2 * c]);
    of.threshold = double(about.values[2 * c + 1]);
    need(of.ratio_sd > 0, "lines.classes", "standard deviations above 0");
    const std::string name = "lines." + std::to_string(c);
    const auto found = tensors.find(name);
    if (found != tensors.end()) {
      const Tensor &t = found->second;
      need(t.shape.size() == 2 && t.shape[1] == kLineValues, name,
           "7 values a line");
      for (std::int64_t j = 0; j < t.shape[0]; ++j)
        of.lines.push_back(
            read_line(t.values.data() + j * kLineValues, bin_hz, bins, name));
    }
    model.classes.push_back(std::move(of));
  }
  model.background = read_background(tensors);
  const auto common = tensors.find("lines.common");
  if (common != tensors.end())
    for (const float f : common->second.values) {
      model.common.push_back({double(f) / bin_hz});
      need_inside(model.common.back().frequency, bins, "lines.common");
    }
  return model;
}

}  // namespace sonar::models
