/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/report/report.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "models/report/context.h"
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"

namespace sonar::models::report {

using nlohmann::json;

std::vector<double> numbers(const json &object, const std::string &name) {
  std::vector<double> out;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return out;
  for (const json &value : *found)
    if (value.is_number()) out.push_back(value.get<double>());
  return out;
}

json member(const json &object, const std::string &name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? *found : json::object();
}

std::vector<double> Context::rows_of(const std::string &tensor,
                                     std::size_t c) const {
  const auto found = sources.tensors.find(tensor);
  const auto height = std::size_t(recipe().height());
  if (found == sources.tensors.end() ||
      found->second.values.size() != settings().labels.size() * height)
    return {};
  const auto first = found->second.values.begin() + std::ptrdiff_t(c * height);
  return {first, first + std::ptrdiff_t(height)};
}

Image Context::image_of(const std::string &tensor, std::size_t c) const {
  const auto found = sources.tensors.find(tensor);
  Image out{std::size_t(recipe().height()), std::size_t(recipe().width)};
  if (found == sources.tensors.end() ||
      found->second.values.size() != settings().labels.size() * out.size())
    return {};
  std::copy_n(found->second.values.begin() + std::ptrdiff_t(c * out.size()),
              out.size(), out.data());
  return out;
}

const Recording *Context::find_recording(const std::string &stem,
                                         const std::string &label) const {
  for (const Recording &r : sources.data)
    if (r.label == label && std::filesystem::path(r.path).stem() == stem)
      return &r;
  return nullptr;
}

namespace {

/** The paper's thresholds and the model's own, which comes first. */
std::vector<double> thresholds_of(const Settings &settings) {
  std::vector<double> out = {settings.threshold};
  for (const double t : {0.65, 0.75, 0.85})
    if (t != settings.threshold) out.push_back(t);
  return out;
}

void evaluate_truth(Context &context, const Hooks &hooks) {
  const Sources &from = context.sources;
  EvaluateOptions options;
  options.methods = methods();
  options.thresholds = thresholds_of(context.settings());
  options.renamed = from.renamed;
  options.threads = from.threads;
  EvaluateHooks watch;
  watch.progress = hooks.progress;
  context.evaluation = evaluate(from.model, from.truth, options, watch);
  const std::vector<Method> &ran = context.evaluation->methods;
  const auto own = std::find_if(ran.begin(), ran.end(), [&](const Method &m) {
    return m.name == nick(context.settings().mask_recipe);
  });
  if (own == ran.end())
    throw Error(Errc::kBadModel,
                std::string("the model cannot run its own mask recipe, ") +
                    nick(context.settings().mask_recipe) +
                    ", on the truth set; train it again");
  context.own_method = std::size_t(own - ran.begin());
  context.cases = truth_cases(
      from.model, from.truth, list_truth_set(from.truth, from.renamed),
      *context.evaluation, context.own_method, context.own_threshold);
}

/** For each class the first of its representatives that the data has, or its
 *  first recording. */
std::vector<Recording> examples(const Context &context) {
  std::vector<Recording> out;
  const json classes = member(context.training, "class_model");
  for (const std::string &label : context.settings().labels) {
    const json about = member(classes, label);
    const Recording *chosen = nullptr;
    const auto names = about.find("representatives");
    if (names != about.end() && names->is_array())
      for (const json &name : *names)
        if (!chosen && name.is_string())
          chosen = context.find_recording(name.get<std::string>(), label);
    for (const Recording &r : context.sources.data)
      if (!chosen && r.label == label) chosen = &r;
    if (chosen) out.push_back(*chosen);
  }
  return out;
}

json parse_training(const Settings &settings) {
  const json parsed = json::parse(settings.training_json, nullptr, false);
  return parsed.is_object() ? parsed : json::object();
}

}  // namespace

void write_report(const Sources &sources, const std::string &folder,
                  const Hooks &hooks) {
  const auto say = [&](const std::string &text) {
    if (hooks.stage) hooks.stage(text);
  };
  ReportFolder files(folder);
  const Settings &settings = sources.model.settings();
  Context context{sources, files, parse_training(settings), {}, 0, 0, {}};
  if (!sources.truth.empty()) {
    say("scoring the truth set");
    evaluate_truth(context, hooks);
  } else if (!sources.data.empty()) {
    say("looking at recordings");
    context.cases = data_cases(sources.model, examples(context));
  }
  Page page("Model " + settings.name +
            ": what it does and how far to trust "
            "it");
  const std::pair<const char *, void (*)(Page &, const Context &)> sections[] =
      {{"summary", add_summary},
       {"model", add_model},
       {"learning", add_learning},
       {"answers", add_answers},
       {"classes", add_profiles},
       {"lines", add_lines},
       {"representatives", add_representatives},
       {"clusters", add_clusters},
       {"masks", add_masks},
       {"methods", add_table},
       {"signatures", add_thresholds},
       {"explanation", add_explanation},
       {"signatures by every method", add_variants},
       {"generator", add_generator},
       {"limits", add_limits}};
  for (const auto &[name, add] : sections) {
    say(name);
    add(page, context);
  }
  write_file(files.path("index.html"), "the page", page.html(sources.about));
  files.keep();
}

}  // namespace sonar::models::report
