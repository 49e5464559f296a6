/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "modelslot.h"

#include <optional>
#include <utility>

#include "common/modelmessage.h"
#include "models/registry.h"
#include "sonar/core/error.h"

namespace sonar::specnn {
namespace {

std::string join(const std::vector<std::string> &labels) {
  std::string out;
  for (const std::string &label : labels)
    out += (out.empty() ? "" : ", ") + label;
  return out;
}

}  // namespace

OpenModel open_model(const std::string &name, const std::string &device) {
  const std::string file = models::resolve_model(name);
  return {models::open(file, device), name, file, device};
}

OpenModel ModelSlot::get() const {
  std::lock_guard<std::mutex> hold(lock_);
  return in_use_;
}

void ModelSlot::put(OpenModel model) {
  std::lock_guard<std::mutex> hold(lock_);
  in_use_ = std::move(model);
}

void ModelSlot::see(const std::shared_ptr<const models::Model> &model,
                    const std::string &recipe) {
  std::lock_guard<std::mutex> hold(lock_);
  seen_model_ = model;
  if (seen_recipe_ != recipe) seen_recipe_ = recipe;
}

void ModelSlot::run() {
  std::lock_guard<std::mutex> hold(lock_);
  running_ = true;
}

bool ModelSlot::ask(const std::string &name) {
  std::lock_guard<std::mutex> hold(lock_);
  if (!running_) return false;
  asked_.push_back(name);
  if (!worker_.joinable()) {
    over_ = false;
    worker_ = std::thread([this] { work(); });
  }
  changed_.notify_all();
  return true;
}

void ModelSlot::finish() {
  std::unique_lock<std::mutex> hold(lock_);
  changed_.wait(hold, [this] { return asked_.empty(); });
  running_ = false;
  over_ = true;
  seen_model_.reset();  // the next run has frames of its own
  seen_recipe_.clear();
  std::thread ended = std::move(worker_);
  hold.unlock();
  changed_.notify_all();
  if (ended.joinable()) ended.join();
}

void ModelSlot::work() {
  std::unique_lock<std::mutex> hold(lock_);
  for (;;) {
    changed_.wait(hold, [this] { return over_ || !asked_.empty(); });
    if (asked_.empty()) return;
    const std::string name = asked_.front();
    hold.unlock();
    change(name);
    hold.lock();
    asked_.pop_front();
    changed_.notify_all();
  }
}

void ModelSlot::require_fit(const OpenModel &next) const {
  std::unique_lock<std::mutex> hold(lock_);
  const auto now = seen_model_ ? seen_model_ : in_use_.model;
  const std::string recipe = seen_recipe_;
  hold.unlock();
  if (!now) return;
  const models::Settings &have = now->settings();
  const models::Settings &get = next.model->settings();
  const std::string difference = describe_mismatch(
      recipe.empty() ? have.recipe : Recipe::from_json(recipe), get.recipe);
  if (!difference.empty())
    throw Error(Errc::kBadArgument,
                "The spectrogram does not fit the model " + next.file + ": " +
                    difference + ". Set it on sonarspectrogram too, in READY.");
  if (get.labels != have.labels)
    throw Error(Errc::kBadArgument,
                "model " + next.file + " has the labels " + join(get.labels) +
                    "; the one in use has " + join(have.labels) +
                    ", which the elements behind count on: go to READY to "
                    "set it.");
}

/* Loads and takes it, or says why not. */
void ModelSlot::change(const std::string &name) {
  const OpenModel before = get();
  OpenModel next{nullptr, "", "", before.device};
  std::optional<Error> failure;
  try {
    if (!name.empty() || !optional_) {
      next = open_model(name, before.device);
      require_fit(next);
      try_(*next.model);
    }
  } catch (const Error &e) {
    failure = e;
  } catch (const std::exception &e) {
    failure = Error(Errc::kResource,
                    "model " + name + " cannot be loaded: " + e.what());
  }
  if (!failure) {
    std::lock_guard<std::mutex> hold(lock_);
    in_use_ = std::move(next);
  }
  if (!failure) took_(name);
  post_model_change(element_, failure ? before.name : name, name,
                    failure ? &*failure : nullptr);
}

}  // namespace sonar::specnn
