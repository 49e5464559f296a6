/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target.h"

#include <cstdlib>

#include "masksettings.h"
#include "sonar/core/error.h"

namespace sonar::specnn {
namespace {

/* Probability of a label, whose number may differ from model to model. */
float score_of(const GstSonarClassMeta *seen, const std::string &label) {
  for (guint i = 0; seen && i < seen->n_classes; ++i)
    if (label == seen->labels[i])
      return static_cast<const float *>(
          g_bytes_get_data(seen->probabilities, nullptr))[i];
  return 0;
}

Target predicted_target(const models::Model &model,
                        const GstSonarClassMeta *seen) {
  if (!seen)
    throw Error(Errc::kBadArgument,
                "target=predicted needs the frame's class, and it carries "
                "none; put specnnclassify upstream, or name a target class.");
  if (seen->rejected) return {{}, seen->confidence};
  Target target{{model.label_index(seen->labels[seen->best])},
                seen->confidence};
  for (guint i = 0; i < seen->n_beside; ++i)
    target.classes.push_back(model.label_index(seen->labels[seen->beside[i]]));
  return target;
}

}  // namespace

bool is_predicted(const std::string &target) {
  return target == kPredicted || target.empty();
}

Target choose_target(const models::Model &model, const std::string &target,
                     const GstSonarClassMeta *seen) {
  if (is_predicted(target)) return predicted_target(model, seen);
  const auto &labels = model.settings().labels;
  char *end = nullptr;
  const auto number = std::strtoull(target.c_str(), &end, 10);
  const bool is_number = *end == '\0' && number < labels.size();
  const std::size_t index =
      is_number ? std::size_t(number) : model.label_index(target);
  return {{index}, score_of(seen, labels[index])};
}

std::string label_of(const Target &target, const models::Settings &model) {
  std::string label;
  for (const std::size_t c : target.classes)
    label += (label.empty() ? "" : "+") + model.labels[c];
  return label.empty() ? "unknown" : label;
}

std::vector<float> weights_of(const models::Model &model,
                              const GstSonarClassMeta *seen) {
  std::vector<float> weights;
  for (const std::string &label : model.settings().labels)
    weights.push_back(score_of(seen, label));
  return weights;
}

}  // namespace sonar::specnn
