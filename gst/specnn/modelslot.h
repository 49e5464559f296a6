/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "models/model.h"

namespace sonar::specnn {

/** A model that is open; all empty: none. */
struct OpenModel {
  std::shared_ptr<const models::Model> model;
  std::string name;    ///< as it was set
  std::string file;    ///< that it named
  std::string device;  ///< where it runs
};

/** Throws as models::resolve_model() and models::open(). */
OpenModel open_model(const std::string &name, const std::string &device);

/**
 * The model of an element, which may change while the element runs. Between
 * run() and finish() a request is loaded on a thread of the slot's own, one
 * after the other; a model that fits takes the place of the old one at once,
 * one that does not leaves it there, and the bus is told either way
 * (post_model_change()).
 *
 * A model fits when it has the labels of the one in use, which the elements
 * behind know from the frames, takes the pictures that come, and has what the
 * masks that are made of them need.
 *
 * Any function may be called from any thread but finish(), which the slot's own
 * must not call.
 */
class ModelSlot {
 public:
  using Try = std::function<void(const models::Model &next)>;
  using Took = std::function<void(const std::string &name)>;

  /** @p optional: the empty name stands for no model of its own. @p took is
   *  told the name of each new model before the bus is. @p attempt throws
   *  where the element could not go on with a model that fits otherwise. */
  ModelSlot(GstElement *element, bool optional, Try attempt, Took took)
      : element_(element),
        optional_(optional),
        try_(std::move(attempt)),
        took_(std::move(took)) {}
  ~ModelSlot() { finish(); }
  ModelSlot(const ModelSlot &) = delete;
  ModelSlot &operator=(const ModelSlot &) = delete;

  OpenModel get() const;
  /** Puts a model in place unasked, at a change of state. */
  void put(OpenModel model);

  void run();
  /** Asks for another model; false, and nothing done, where the slot does not
   *  run. */
  bool ask(const std::string &name);
  /** Waits until every request is answered, then takes no more. */
  void finish();

  /** What a new model has to agree with: the model that answers for frames (the
   *  slot's own, or another's) and the recipe they were made with, as JSON. */
  void see(const std::shared_ptr<const models::Model> &model,
           const std::string &recipe);

 private:
  void work();
  void change(const std::string &name);
  void require_fit(const OpenModel &next) const;

  GstElement *const element_;
  const bool optional_;
  const Try try_;
  const Took took_;
  mutable std::mutex lock_;
  std::condition_variable changed_;
  OpenModel in_use_;                                 // guarded by lock_
  std::shared_ptr<const models::Model> seen_model_;  // as all from here on
  std::string seen_recipe_;
  std::deque<std::string> asked_;  // the first one is being loaded
  bool running_ = false, over_ = false;
  std::thread worker_;
};

}  // namespace sonar::specnn
