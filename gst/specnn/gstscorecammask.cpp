/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-scorecammask
 * @short_description: says which pixels of a frame belong to its class
 *
 * Adds a #GstSonarMaskMeta: for each pixel the confidence, 0 to 1, that it is
 * a tone of the class. The pixels pass unchanged. #GstScoreCamMask:recipe says
 * how: `released` is Score-CAM as its authors published it, combined with the
 * class' averaged mask (paper IV-C, IV-D); `reverse` keeps what no other class
 * claims that way (paper VI); `lines` follows the class' learnt lines through
 * time and speed; `subband` gates line evidence with the class' frequencies,
 * learnt by sub-band Score-CAM; `evidence` outlines lines and transients
 * whatever their class; `contact` learns a stretch of the recording itself and
 * needs neither class nor model. An unknown class gives no mask; two classes at
 * once give both.
 *
 * Score-CAM on an image is an energy map and an explanation: by itself it does
 * not tell the class' tones from others (docs/method.md section 2.2 has the
 * figures).
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=ship.wav ! decodebin ! audioconvert !
 *   audioresample ! sonarspectrogram model=synthetic !
 *   specnnclassify model=synthetic ! scorecammask ! signatureextract !
 *   videoconvert ! pngenc ! multifilesink location=signature-%03d.png
 * ]|
 */
#include "gstscorecammask.h"

#include <gst/video/video.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/border.h"
#include "common/frame.h"
#include "fit.h"
#include "lateness.h"
#include "lineview.h"
#include "maskattach.h"
#include "masksettings.h"
#include "meta/gstsonarclassmeta.h"
#include "meta/gstsonarmaskmeta.h"
#include "modelmeta.h"
#include "models/structures.h"
#include "modelslot.h"
#include "modeltrial.h"
#include "picture.h"
#include "reuse.h"
#include "target.h"

GST_DEBUG_CATEGORY_STATIC(score_cam_mask_debug);
#define GST_CAT_DEFAULT score_cam_mask_debug

using sonar::Errc;
using sonar::Error;
using sonar::Image;
using sonar::models::Classification;
using sonar::models::MaskOptions;
using sonar::models::MaskRecipe;
using sonar::models::MaskResult;
using sonar::models::Model;
using sonar::specnn::attach_mask;
using sonar::specnn::choose_target;
using sonar::specnn::is_predicted;
using sonar::specnn::kModelsOwn;
using sonar::specnn::Lateness;
using sonar::specnn::Made;
using sonar::specnn::mask_properties;
using sonar::specnn::ModelSlot;
using sonar::specnn::OpenModel;
using sonar::specnn::Reuse;
using sonar::specnn::Target;
using sonar::specnn::weights_of;
using Settings = sonar::specnn::MaskSettings;

namespace {

constexpr double kOperatingPoint = 0.75;  // every recipe of ours is made for it

struct Impl {
  std::mutex lock;
  Settings settings;                           // guarded by lock
  sonar::specnn::ModelTrial trial;             // of models asked for
  ModelSlot slot;                              // the model of its own, or none
  std::shared_ptr<const Model> model;          // streaming thread from here on
  std::string opened;                          // its file
  std::shared_ptr<const Model> classified_by;  // the last frame, or null
  bool is_classifiers = false;  // whether `model` is what classified the frame
  std::string checked_recipe;   // the last recipe found to fit
  GstVideoInfo info{};
  Lateness lateness;
  Reuse reuse;
  bool made_one = false;  // since the start or a seek
  sonar::specnn::Contact contact;
  sonar::lines::TrackContinuation tracks{0};
  guint64 processed = 0, skipped = 0;

  explicit Impl(GstElement *element)
      : slot(
            element, true,
            [this](const Model &next) { trial.run(next, snapshot()); },
            [this](const std::string &name) {
              std::lock_guard<std::mutex> hold(lock);
              settings.model = name;
            }) {}
  Settings snapshot() {
    std::lock_guard<std::mutex> hold(lock);
    return settings;
  }
  void discontinue() {
    reuse = {};
    contact.discontinue();
    tracks.discontinue();
  }
};

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(SONAR_GRAY_CAPS));
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(SONAR_GRAY_CAPS));

}  // namespace

struct _GstScoreCamMask {
  GstBaseTransform parent;
  Impl *impl;  // owned: new in _init, deleted in _finalize
};

G_DEFINE_TYPE_WITH_CODE(
    GstScoreCamMask, gst_score_cam_mask, GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT(score_cam_mask_debug, "scorecammask", 0,
                            "class masks of spectrogram frames"))
GST_ELEMENT_REGISTER_DEFINE(scorecammask, "scorecammask", GST_RANK_NONE,
                            GST_TYPE_SCORE_CAM_MASK)

/* Masks */

/* The model that answers for the frame: the property's, else the one that
 * classified it, as it was then, or the same file on another device. */
static OpenModel model_for(Impl &impl, const Settings &s,
                           const GstSonarClassMeta *seen,
                           const std::shared_ptr<const Model> &classified_by) {
  OpenModel own = impl.slot.get();
  if (own.model) return own;
  if (!seen || !seen->model)
    throw Error(Errc::kBadArgument,
                "The frame carries no class; put specnnclassify upstream, or "
                "set model and target on scorecammask.");
  const std::string its_device = seen->device ? seen->device : "cpu";
  const std::string device = s.device.empty() ? its_device : s.device;
  if (classified_by && device == its_device)
    return {classified_by, "", seen->model, device};
  if (impl.model && impl.opened == seen->model &&
      impl.classified_by == classified_by)
    return {impl.model, "", impl.opened, device};
  return sonar::specnn::open_model(seen->model, device);
}

static void require_model(Impl &impl, const Settings &s, GstBuffer *frame) {
  const auto *seen = gst_buffer_get_sonar_class_meta(frame);
  const auto classified_by = sonar::specnn::model_of(frame);
  const OpenModel use = model_for(impl, s, seen, classified_by);
  const bool own = !use.name.empty();
  impl.is_classifiers =
      seen && (!own || (classified_by ? use.model == classified_by
                                      : use.file == seen->model));
  impl.classified_by = classified_by;
  if (impl.model == use.model) return;
  impl.model = use.model;
  impl.opened = use.file;
  impl.checked_recipe.clear();
  impl.reuse = {};
  impl.tracks.discontinue();
}

static std::vector<float> floats_of(GBytes *bytes) {
  if (!bytes) return {};
  gsize size = 0;
  const auto *data = static_cast<const float *>(g_bytes_get_data(bytes, &size));
  return {data, data + size / sizeof(float)};
}

/* The classifier's forward pass, where this model made it; else nothing. */
static Classification forward_pass(const Impl &impl,
                                   const GstSonarClassMeta *seen) {
  Classification pass;
  if (!impl.is_classifiers) return pass;
  const auto &network = impl.model->network();
  pass.input = floats_of(seen->input);
  pass.maps = floats_of(seen->feature_maps);
  if (pass.input.size() != network.input().size() ||
      pass.maps.size() != network.maps().size())
    return {};
  return pass;
}

static void post_skipped(GstScoreCamMask *self, GstBuffer *frame,
                         GstClockTime running, GstClockTimeDiff late) {
  const Impl &impl = *self->impl;
  GstMessage *message = gst_message_new_qos(
      GST_OBJECT(self), FALSE, running,
      gst_segment_to_stream_time(&GST_BASE_TRANSFORM(self)->segment,
                                 GST_FORMAT_TIME, GST_BUFFER_PTS(frame)),
      GST_BUFFER_PTS(frame), GST_BUFFER_DURATION(frame));
  gst_message_set_qos_values(message, late, 1.0, 1000000);
  gst_message_set_qos_stats(message, GST_FORMAT_BUFFERS, impl.processed,
                            impl.skipped);
  gst_element_post_message(GST_ELEMENT(self), message);
}

/* Whether the frame comes too late for costly maps; says so on the bus. A
 * stream that has none yet gets its first in any case. */
static Lateness::Verdict judge(GstScoreCamMask *self, GstBuffer *frame,
                               const Settings &s) {
  Impl &impl = *self->impl;
  auto *trans = GST_BASE_TRANSFORM(self);
  const GstClockTime running = gst_segment_to_running_time(
      &trans->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(frame));
  auto verdict = impl.lateness.judge(trans, running, GST_BUFFER_DURATION(frame),
                                     s.max_lateness, !impl.made_one);
  if (verdict.skip) {
    ++impl.skipped;
    post_skipped(self, frame, running, verdict.late);
  }
  return verdict;
}

/* What there is of the last costly maps in a frame without its own: they move
 * on with their columns. Nothing where the last ones are of another class. */
static void reuse_maps(Impl &impl, const GstSonarSpectrogramMeta &meta,
                       bool fits, bool masked, Made &made) {
  Reuse &last = impl.reuse;
  if (!fits) {
    if (masked) made.mask.confidence = Image(meta.height, meta.width);
    return;
  }
  ++last.age;
  made.structures = last.moved_structures(meta.first_column);
  made.mask.explanation = last.moved(last.maps.explanation, meta.first_column);
  if (!masked) return;
  made.mask.confidence = last.moved(last.maps.confidence, meta.first_column);
  made.mask.valid =
      last.maps.valid && meta.first_column - last.first_column < meta.width;
}

/* The mask of every class of the target: the largest confidence counts, and
 * the explanation is that of the best class. */
static MaskResult make_masks(const Model &model,
                             const sonar::models::PictureData &picture,
                             const Target &target, const Classification *seen,
                             MaskOptions options,
                             sonar::lines::TrackContinuation &tracks) {
  MaskResult all =
      model.make_mask(picture, target.classes.front(), seen, options, &tracks);
  options.explain = false;
  for (std::size_t i = 1; i < target.classes.size(); ++i) {
    MaskResult one =
        model.make_mask(picture, target.classes[i], seen, options, &tracks);
    sonar::mask::take_larger(all.confidence, one.confidence);
    all.valid = all.valid || one.valid;
    for (auto &track : one.tracks) track.class_number = i;
    std::move(one.tracks.begin(), one.tracks.end(),
              std::back_inserter(all.tracks));
  }
  return all;
}

static Made make_mask(GstScoreCamMask *self, GstBuffer *frame,
                      const GstSonarSpectrogramMeta &meta,
                      const GstSonarClassMeta *seen, Classification &&lines,
                      const Target &target, const Settings &s,
                      MaskRecipe recipe) {
  Impl &impl = *self->impl;
  auto options = s.options;
  options.recipe = recipe;
  options.explain = s.explain;
  if (recipe == MaskRecipe::kShare && is_predicted(s.target))
    options.class_weights = weights_of(*impl.model, seen);
  const bool masked = sonar::models::runs_masked_forwards(recipe);
  const bool costly = masked || s.explain || s.explain_structures;
  const bool fits =
      costly && impl.reuse.fits(target.classes, options, s.explain_structures);
  const bool between = fits && impl.reuse.age + 1 < s.interval;
  const auto verdict =
      costly && !between ? judge(self, frame, s) : Lateness::Verdict{};
  const bool reuse = between || verdict.skip;
  Made made;
  if (reuse && masked) {
    reuse_maps(impl, meta, fits, masked, made);
    return made;
  }
  if (reuse) options.explain = false;
  Classification pass = (costly && !reuse) || recipe == MaskRecipe::kGradCam
                            ? forward_pass(impl, seen)
                            : Classification{};
  pass.hypotheses = std::move(lines.hypotheses);
  pass.line_view = std::move(lines.line_view);
  auto picture = sonar::specnn::read_picture(frame, impl.info, meta);
  made.mask =
      make_masks(*impl.model, picture, target, &pass, options, impl.tracks);
  ++impl.processed;
  if (reuse) reuse_maps(impl, meta, fits, masked, made);
  if (!reuse && s.explain_structures)
    made.structures = explain_structures(*impl.model, picture, target.classes,
                                         made.mask.tracks, s.options.effort);
  if (!reuse && costly) {
    impl.made_one = true;
    impl.reuse = {meta.first_column, target.classes,  options,
                  made.mask,         made.structures, 0};
  }
  impl.trial.keep(std::move(picture));
  return made;
}

/* Recipe `contact`: no model, no class. Nothing is claimed until a stretch
 * begins or has been learnt; from then on the mask is the contact's, certainly,
 * as there is no class to be unsure of. */
static void add_contact_mask(GstScoreCamMask *self, GstBuffer *frame,
                             const GstSonarSpectrogramMeta &meta,
                             const Settings &s) {
  Impl &impl = *self->impl;
  const auto picture = sonar::specnn::read_picture(frame, impl.info, meta);
  MaskResult result;
  result.confidence = impl.contact.make_mask(
      picture.value_db, picture.background_db, meta, GST_BUFFER_PTS(frame),
      gst_segment_to_stream_time(&GST_BASE_TRANSFORM(self)->segment,
                                 GST_FORMAT_TIME, GST_BUFFER_PTS(frame)),
      s.contact);
  result.valid = !result.confidence.empty();
  if (!result.valid) result.confidence = Image(meta.height, meta.width);
  const bool learnt = result.valid;
  attach_mask(frame, meta, learnt ? "contact" : "unknown", learnt ? 1 : 0,
              kOperatingPoint, nick(MaskRecipe::kContact), std::move(result),
              nullptr);
}

static std::size_t gap_columns(const Settings &s, const sonar::Recipe &recipe) {
  return s.track_gap_seconds > 0
             ? std::size_t(s.track_gap_seconds / recipe.column_seconds())
             : std::size_t(recipe.width);
}

static void add_mask(GstScoreCamMask *self, GstBuffer *frame) {
  Impl &impl = *self->impl;
  const Settings s = impl.snapshot();
  const auto &meta = sonar::frame::require_spectrogram(frame, impl.info);
  if (GST_BUFFER_IS_DISCONT(frame)) impl.discontinue();
  if (s.recipe == int(MaskRecipe::kContact))
    return add_contact_mask(self, frame, meta, s);
  const auto *seen = gst_buffer_get_sonar_class_meta(frame);
  require_model(impl, s, frame);
  const auto &settings = impl.model->settings();
  sonar::specnn::require_fit(meta, settings.recipe, impl.opened,
                             impl.checked_recipe);
  impl.slot.see(impl.model, impl.checked_recipe);
  const Target target = choose_target(*impl.model, s.target, seen);
  const MaskRecipe recipe =
      s.recipe == kModelsOwn ? settings.mask_recipe : MaskRecipe(s.recipe);
  impl.tracks.set_largest_gap(gap_columns(s, settings.recipe));
  impl.tracks.announce(target.classes);
  Classification lines;
  sonar::specnn::take_lines(frame, impl.is_classifiers ? impl.opened : "",
                            lines);
  Made made;
  if (!target.classes.empty()) {
    made =
        make_mask(self, frame, meta, seen, std::move(lines), target, s, recipe);
  } else {
    made.mask.confidence = Image(meta.height, meta.width);
    impl.trial.keep(sonar::specnn::read_picture(frame, impl.info, meta));
  }
  // the model's was found for its own recipe; every recipe is made for 0.75
  attach_mask(
      frame, meta, label_of(target, settings), target.score,
      recipe == settings.mask_recipe ? settings.threshold : kOperatingPoint,
      sonar::specnn::mask_name(recipe, s.options), std::move(made.mask),
      made.structures ? &*made.structures : nullptr);
}

static GstFlowReturn gst_score_cam_mask_transform_ip(GstBaseTransform *trans,
                                                     GstBuffer *frame) {
  auto *self = GST_SCORE_CAM_MASK(trans);
  return sonar::border::guard(GST_ELEMENT(self), GST_FLOW_ERROR, [&] {
    return add_mask(self, frame), GST_FLOW_OK;
  });
}

static gboolean gst_score_cam_mask_set_caps(GstBaseTransform *trans,
                                            GstCaps *in, GstCaps *) {
  return gst_video_info_from_caps(&GST_SCORE_CAM_MASK(trans)->impl->info, in);
}

static gboolean gst_score_cam_mask_sink_event(GstBaseTransform *trans,
                                              GstEvent *event) {
  Impl &impl = *GST_SCORE_CAM_MASK(trans)->impl;
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START:
      impl.contact.forget();
      break;
    case GST_EVENT_FLUSH_STOP:
    case GST_EVENT_SEGMENT: {
      impl.discontinue();
      impl.made_one = false;
      impl.lateness.reset();
      break;
    }
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS(gst_score_cam_mask_parent_class)
      ->sink_event(trans, event);
}

static gboolean gst_score_cam_mask_src_event(GstBaseTransform *trans,
                                             GstEvent *event) {
  auto &lateness = GST_SCORE_CAM_MASK(trans)->impl->lateness;
  if (GST_EVENT_TYPE(event) == GST_EVENT_QOS) lateness.take_qos(event);
  if (GST_EVENT_TYPE(event) == GST_EVENT_LATENCY) lateness.forget_latency();
  return GST_BASE_TRANSFORM_CLASS(gst_score_cam_mask_parent_class)
      ->src_event(trans, event);
}

/* A classifier asks before it takes another model, which may become this
 * element's too. */
static gboolean gst_score_cam_mask_query(GstBaseTransform *trans,
                                         GstPadDirection direction,
                                         GstQuery *query) {
  Impl &impl = *GST_SCORE_CAM_MASK(trans)->impl;
  const Model *next = sonar::specnn::model_on_trial(query);
  if (next && !impl.slot.get().model) {
    try {
      impl.trial.run(*next, impl.snapshot());
    } catch (const Error &e) {
      sonar::specnn::refuse(query, GST_ELEMENT(trans), e);
      return TRUE;
    }
  }
  return GST_BASE_TRANSFORM_CLASS(gst_score_cam_mask_parent_class)
      ->query(trans, direction, query);
}

/* States */

static gboolean gst_score_cam_mask_stop(GstBaseTransform *trans) {
  Impl &impl = *GST_SCORE_CAM_MASK(trans)->impl;
  impl.slot.finish();
  impl.slot.put({});
  impl.trial.forget();
  impl.model.reset();
  impl.classified_by.reset();
  impl.checked_recipe.clear();
  impl.reuse = {};
  impl.contact.forget();
  impl.tracks.discontinue();
  impl.processed = impl.skipped = 0;
  impl.made_one = false;
  impl.lateness.reset();
  return TRUE;
}

/* Opens the model that is set, where one is; from then on another one is asked
 * for, not set. */
static void open_model(Impl &impl) {
  for (;;) {
    const Settings s = impl.snapshot();
    const std::string device = s.device.empty() ? "cpu" : s.device;
    OpenModel own{nullptr, "", "", device};
    if (!s.model.empty()) own = sonar::specnn::open_model(s.model, device);
    if (own.model && !is_predicted(s.target))
      choose_target(*own.model, s.target, nullptr);
    impl.slot.put(own);
    std::lock_guard<std::mutex> hold(impl.lock);
    if (impl.settings.model != s.model) continue;  // set meanwhile
    impl.slot.run();
    return;
  }
}

static gboolean gst_score_cam_mask_start(GstBaseTransform *trans) {
  auto *self = GST_SCORE_CAM_MASK(trans);
  Impl &impl = *self->impl;
  return sonar::border::guard(GST_ELEMENT(self), FALSE, [&] {
    open_model(impl);
    return TRUE;
  });
}

/* Properties */

/* While the element runs, another model is asked for and the property stays
 * what it is until there is one. */
static void gst_score_cam_mask_set_property(GObject *object, guint id,
                                            const GValue *value,
                                            GParamSpec *pspec) {
  Impl &impl = *GST_SCORE_CAM_MASK(object)->impl;
  std::lock_guard<std::mutex> hold(impl.lock);
  if (id == sonar::specnn::kMaskModelId) {
    const gchar *name = g_value_get_string(value);
    if (impl.slot.ask(name ? name : "")) return;
  }
  if (!mask_properties.set(impl.settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

/* Lifecycle */

static void gst_score_cam_mask_finalize(GObject *object) {
  delete GST_SCORE_CAM_MASK(object)->impl;
  G_OBJECT_CLASS(gst_score_cam_mask_parent_class)->finalize(object);
}

static void gst_score_cam_mask_init(GstScoreCamMask *self) {
  self->impl = new Impl(GST_ELEMENT(self));
  gst_base_transform_set_in_place(GST_BASE_TRANSFORM(self), TRUE);
}

static void gst_score_cam_mask_class_init(GstScoreCamMaskClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  auto *element_class = GST_ELEMENT_CLASS(klass);
  auto *trans_class = GST_BASE_TRANSFORM_CLASS(klass);

  object_class->set_property = gst_score_cam_mask_set_property;
  object_class->get_property =
      sonar::get_property<GstScoreCamMask, mask_properties>;
  object_class->finalize = gst_score_cam_mask_finalize;
  sonar::specnn::install_mask_properties(object_class);

  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Score-CAM mask", "Filter/Analyzer/Video",
      "Says which pixels of a spectrogram belong to its class",
      "gst-sonar developers");

  trans_class->start = GST_DEBUG_FUNCPTR(gst_score_cam_mask_start);
  trans_class->stop = GST_DEBUG_FUNCPTR(gst_score_cam_mask_stop);
  trans_class->set_caps = GST_DEBUG_FUNCPTR(gst_score_cam_mask_set_caps);
  trans_class->transform_ip =
      GST_DEBUG_FUNCPTR(gst_score_cam_mask_transform_ip);
  trans_class->sink_event = GST_DEBUG_FUNCPTR(gst_score_cam_mask_sink_event);
  trans_class->src_event = GST_DEBUG_FUNCPTR(gst_score_cam_mask_src_event);
  trans_class->query = GST_DEBUG_FUNCPTR(gst_score_cam_mask_query);
}
