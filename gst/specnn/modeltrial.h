/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>

#include "masksettings.h"
#include "models/model.h"
#include "sonar/core/error.h"

/* Whether the masks that are being made can be made with another model, before
 * it takes over: one that lacks what a recipe needs would end the stream. */
namespace sonar::specnn {

/** The last picture a scorecammask made a mask of, to try models on. Any
 *  function may be called from any thread. */
class ModelTrial {
 public:
  void keep(models::PictureData &&picture);
  void forget();
  /** Throws as models::Model::make_mask() where @p model cannot mask that
   *  picture as @p settings say, at the price of one masked forward pass.
   *  Before the first picture, nothing. */
  void run(const models::Model &model, const MaskSettings &settings) const;

 private:
  mutable std::mutex lock_;
  std::shared_ptr<const models::PictureData> last_;  // guarded by lock_
};

/** Asks the scorecammasks behind @p classifier, by a query, whether they can do
 *  with @p model; throws what one of them says against it. */
void require_masks(GstElement *classifier, const models::Model &model);

/** In a scorecammask's query(): the model asked about; null in any other
 *  query. It lives until the query is answered. */
const models::Model *model_on_trial(GstQuery *query);

/** Answers that @p mask cannot do with it. */
void refuse(GstQuery *query, GstElement *mask, const Error &why);

}  // namespace sonar::specnn
