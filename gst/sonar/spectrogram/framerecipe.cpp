/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "framerecipe.h"

#include "models/bundle.h"
#include "sonar/core/error.h"

namespace sonar {

static std::optional<Recipe> recipe_of_model(const std::string &name) {
  if (name.empty()) return {};
  return models::read_settings(models::resolve_model(name)).recipe;
}

static const Recipe *pointer_to(const std::optional<Recipe> &recipe) {
  return recipe ? &*recipe : nullptr;
}

bool FrameRecipe::set(guint id, const GValue *value) {
  std::lock_guard<std::mutex> hold(lock_);
  return overrides_.set(id, value);
}

bool FrameRecipe::get(guint id, GValue *value) const {
  std::lock_guard<std::mutex> hold(lock_);
  return overrides_.get(pointer_to(model_recipe_), id, value);
}

std::string FrameRecipe::model() const {
  std::lock_guard<std::mutex> hold(lock_);
  return model_;
}

int FrameRecipe::model_rate_hz() const {
  std::lock_guard<std::mutex> hold(lock_);
  return model_recipe_ ? model_recipe_->rate_hz : 0;
}

bool FrameRecipe::set_model(const std::string &name) {
  std::lock_guard<std::mutex> hold(lock_);
  if (!live_) model_ = name;
  return !live_;
}

void FrameRecipe::load(bool live) {
  for (;;) {
    std::unique_lock<std::mutex> hold(lock_);
    const std::string name = model_;
    model_recipe_.reset();
    hold.unlock();
    const auto recipe = recipe_of_model(name);
    hold.lock();
    if (model_ != name) continue;  // set meanwhile
    model_recipe_ = recipe;
    live_ = live;
    return;
  }
}

void FrameRecipe::stop() {
  std::lock_guard<std::mutex> hold(lock_);
  running_.reset();
  live_ = false;
}

Recipe FrameRecipe::resolve(const Recipe *model, const std::string &name,
                            int rate_hz, const Levels &levels) const {
  Recipe recipe = overrides_.resolve(model, rate_hz);
  if (recipe.rate_hz != rate_hz)
    throw Error(Errc::kBadArgument,
                "The audio has " + std::to_string(rate_hz) +
                    " samples a second, model " + name + " needs " +
                    std::to_string(recipe.rate_hz) +
                    "; put audioresample before sonarspectrogram.");
  if (model && !recipe.has_background())
    require_levels_of(*model, name, levels);
  scale_for_levels(recipe, overrides_, levels);
  return recipe;
}

Recipe FrameRecipe::begin(int rate_hz, const Levels &levels) {
  std::lock_guard<std::mutex> hold(lock_);
  running_.reset();
  running_ = resolve(pointer_to(model_recipe_), model_, rate_hz, levels);
  return *running_;
}

void FrameRecipe::change_model(const std::string &name, const Levels &levels) {
  std::optional<Recipe> recipe = recipe_of_model(name);
  std::lock_guard<std::mutex> hold(lock_);
  if (running_) {
    const Recipe next =
        resolve(pointer_to(recipe), name, running_->rate_hz, levels);
    const std::string difference = describe_mismatch(*running_, next);
    if (!difference.empty())
      throw Error(Errc::kBadArgument,
                  "The spectrogram that flows does not fit the model " + name +
                      ": " + difference + ". Go to READY to set it.");
    if (recipe) recipe->advance = running_->advance;
  }
  model_ = name;
  model_recipe_ = recipe;
}

}  // namespace sonar
