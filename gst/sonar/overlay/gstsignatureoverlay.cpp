/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-signatureoverlay
 * @short_description: draws spectrogram and signature for people
 *
 * Turns spectrogram frames into a picture with axes in Hz and seconds, a
 * colour bar with its unit, the class and the outline of its signature. Takes
 * any frame of a sonarspectrogram; class, explanation and signature are drawn
 * where the frame carries them. #GstSignatureOverlay:history makes the picture
 * longer than one frame, as a scrolling lofargram.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=ship.wav ! decodebin ! audioconvert !
 *   audioresample ! sonarspectrogram model=hydrophone !
 *   specnnclassify model=hydrophone ! scorecammask ! signatureextract !
 *   signatureoverlay history=30 ! videoconvert ! x264enc ! mp4mux !
 *   filesink location=ship.mp4
 * ]|
 */
#include "gstsignatureoverlay.h"

#include <gst/video/video.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/border.h"
#include "common/frame.h"
#include "meta/gstsonarclassmeta.h"
#include "overlayinput.h"
#include "overlaysettings.h"
#include "overlaytracks.h"
#include "sonar/render/scene.h"
#include "sonar/render/waterfall.h"

GST_DEBUG_CATEGORY_STATIC(signature_overlay_debug);
#define GST_CAT_DEFAULT signature_overlay_debug

using sonar::overlay::kept_pixels;
using sonar::overlay::label_text;
using sonar::overlay::properties;
using sonar::overlay::Settings;
using sonar::overlay::structure_map;
using sonar::overlay::structure_notes;
using sonar::overlay::subtitle_text;

namespace {

struct Impl {
  std::mutex lock;
  Settings settings;                   // guarded by lock
  GstVideoInfo in_info{}, out_info{};  // streaming thread from here on
  std::optional<sonar::render::Painter> painter;
  std::optional<sonar::render::Waterfall> waterfall;
  std::optional<sonar::render::Trails> trails, tonals;  ///< with it
  sonar::render::Axes axes;

  Settings snapshot() {
    std::lock_guard<std::mutex> hold(lock);
    return settings;
  }
  void begin(std::size_t rows, std::size_t columns) {
    waterfall.emplace(rows, columns);
    trails.emplace(columns);
    tonals.emplace(columns);
  }
  void clear() {
    if (waterfall) waterfall->clear();
    if (trails) trails->clear();
    if (tonals) tonals->clear();
  }
};

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(SONAR_GRAY_CAPS));
#if G_BYTE_ORDER == G_LITTLE_ENDIAN  // Cairo's RGB24 in memory
#define OVERLAY_FORMAT "BGRx"
#else
#define OVERLAY_FORMAT "xRGB"
#endif
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(OVERLAY_FORMAT)));

}  // namespace

struct _GstSignatureOverlay {
  GstBaseTransform parent;
  Impl *impl;  // owned: new in _init, deleted in _finalize
};

G_DEFINE_TYPE_WITH_CODE(
    GstSignatureOverlay, gst_signature_overlay, GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT(signature_overlay_debug, "signatureoverlay", 0,
                            "drawing of spectrograms and signatures"))
GST_ELEMENT_REGISTER_DEFINE(signatureoverlay, "signatureoverlay", GST_RANK_NONE,
                            GST_TYPE_SIGNATURE_OVERLAY)

/* Drawing */

/* The picture before signatureextract painted over it, where it still is. */
static sonar::Image original_values(Impl &impl, GstBuffer *frame,
                                    const GstSonarSpectrogramMeta &meta,
                                    const GstSonarSignatureMeta *signature) {
  return sonar::frame::read_values(
      signature && signature->original ? signature->original : frame,
      impl.in_info, meta);
}

static void gather(Impl &impl, GstBuffer *frame, const Settings &s,
                   const GstSonarSpectrogramMeta &meta,
                   const GstSonarMaskMeta *mask,
                   const GstSonarSignatureMeta *signature) {
  const double column_seconds = double(meta.hop_size) / meta.rate;
  const auto columns = std::max<std::size_t>(
      meta.width, std::size_t(std::ceil(s.history_seconds / column_seconds)));
  if (!impl.waterfall || impl.waterfall->value_db().width() != columns ||
      impl.waterfall->value_db().height() != meta.height)
    impl.begin(meta.height, columns);
  if (GST_BUFFER_IS_DISCONT(frame)) impl.clear();
  const auto values = original_values(impl, frame, meta, signature);
  std::optional<sonar::mask::Binary> kept;
  if (signature) kept = kept_pixels(*signature);
  const auto explanation = sonar::frame::read_image(
      mask ? mask->explanation : nullptr, meta.height, meta.width);
  const auto structures = structure_map(mask);
  impl.waterfall->put(
      meta.first_column, sonar::frame::valid_columns(meta), values,
      kept ? &*kept : nullptr, explanation.empty() ? nullptr : &explanation,
      structures ? &*structures : nullptr, structure_notes(mask));
  impl.trails->put(meta.first_column, sonar::frame::valid_columns(meta),
                   sonar::overlay::trails_of(mask));
  impl.tonals->put(meta.first_column, sonar::frame::valid_columns(meta),
                   sonar::overlay::tonals_of(signature));
}

static void update_axes(Impl &impl, const GstSonarSpectrogramMeta &meta) {
  gsize size = 0;
  const auto *edges =
      static_cast<const double *>(g_bytes_get_data(meta.row_edges, &size));
  impl.axes.row_edges_hz.assign(edges, edges + size / sizeof(double));
  impl.axes.column_seconds = double(meta.hop_size) / meta.rate;
  // without time stamps the stream's own beginning is zero
  const double column0 =
      meta.column0_time == G_MININT64
          ? (double(meta.first_column) * meta.hop_size + meta.span_size / 2.0) /
                meta.rate
          : meta.column0_time / 1e9;
  impl.axes.column0_seconds =
      column0 + double(impl.waterfall->first_column() - meta.first_column) *
                    impl.axes.column_seconds;
  impl.axes.column0_utc_ns.reset();
  const gint64 utc = sonar::frame::column_utc(
      meta, double(impl.waterfall->first_column() - meta.first_column));
  if (utc != G_MININT64) impl.axes.column0_utc_ns = utc;
  impl.axes.unit = meta.unit;
}

static void draw(Impl &impl, GstBuffer *in, GstBuffer *out) {
  const Settings s = impl.snapshot();
  const auto &meta = sonar::frame::require_spectrogram(in, impl.in_info);
  const auto *mask = gst_buffer_get_sonar_mask_meta(in);
  const auto *signature = gst_buffer_get_sonar_signature_meta(in);
  gather(impl, in, s, meta, mask, signature);
  update_axes(impl, meta);
  sonar::render::Style style = s.style;
  style.show_utc = impl.axes.column0_utc_ns.has_value();
  if (style.high_db <= style.low_db) {  // unset: what suits the unit
    const bool levels = sonar::frame::shows_levels(meta) || meta.auto_range;
    style.low_db = levels ? meta.floor_db : 0;
    style.high_db = levels ? meta.floor_db + meta.range_db : 18;
  }
  sonar::render::Scene scene;
  scene.value_db = &impl.waterfall->value_db();
  scene.valid = impl.waterfall->valid();
  if (signature) scene.signature = &impl.waterfall->signature();
  if (mask && mask->explanation)
    scene.explanation = &impl.waterfall->explanation();
  auto tracks = impl.trails->on(impl.waterfall->first_column());
  const auto propulsion =
      sonar::overlay::propulsion_of(in, impl.axes.row_edges_hz.front());
  const bool has_tonals = signature && signature->gap > 0;
  style.show_families = s.show_families && (has_tonals || propulsion);
  if (style.show_families && propulsion) scene.families = {*propulsion};
  if (s.show_families && has_tonals) {
    const auto tonals = impl.tonals->on(impl.waterfall->first_column());
    tracks.insert(tracks.end(), tonals.begin(), tonals.end());
    for (auto &family : sonar::overlay::families_of(signature))
      scene.families.push_back(std::move(family));
  }
  scene.tracks = &tracks;
  if (mask && mask->structure_owners)
    scene.structures = &impl.waterfall->structures();
  scene.notes = impl.waterfall->notes();
  scene.label = label_text(in, mask);
  scene.subtitle = subtitle_text(mask, signature);
  if (!impl.painter)
    impl.painter.emplace(GST_VIDEO_INFO_WIDTH(&impl.out_info),
                         GST_VIDEO_INFO_HEIGHT(&impl.out_info));
  impl.painter->set_style(style);
  const sonar::frame::Map map(out, impl.out_info, GST_MAP_WRITE);
  impl.painter->draw(scene, impl.axes, map.pixels(), map.stride());
}

static GstFlowReturn gst_signature_overlay_transform(GstBaseTransform *trans,
                                                     GstBuffer *in,
                                                     GstBuffer *out) {
  auto *self = GST_SIGNATURE_OVERLAY(trans);
  return sonar::border::guard(GST_ELEMENT(self), GST_FLOW_ERROR, [&] {
    return draw(*self->impl, in, out), GST_FLOW_OK;
  });
}

/* Pixels of the drawing are no spectrogram any more. */
static gboolean gst_signature_overlay_transform_meta(GstBaseTransform *trans,
                                                     GstBuffer *out,
                                                     GstMeta *meta,
                                                     GstBuffer *in) {
  const gchar *const *tags = gst_meta_api_type_get_tags(meta->info->api);
  if (tags && g_strv_contains(tags, GST_META_TAG_VIDEO_SIZE_STR)) return FALSE;
  return GST_BASE_TRANSFORM_CLASS(gst_signature_overlay_parent_class)
      ->transform_meta(trans, out, meta, in);
}

/* Negotiation */

/* Everything but size and format, which change on the way. */
static GstCaps *other_side(GstCaps *caps, GstCaps *side) {
  GstCaps *out = gst_caps_new_empty();
  for (guint i = 0; i < gst_caps_get_size(caps); ++i) {
    const GValue *rate =
        gst_structure_get_value(gst_caps_get_structure(caps, i), "framerate");
    GstCaps *one = gst_caps_copy(side);
    if (rate) gst_caps_set_value(one, "framerate", rate);
    out = gst_caps_merge(out, one);
  }
  return out;
}

/* The size that is set, else any that can be drawn. */
static GstCaps *drawing_caps(const Settings &s, GstCaps *any) {
  GstCaps *sizes = gst_caps_copy(any), *wanted = gst_caps_copy(any);
  gst_caps_set_simple(sizes, "width", GST_TYPE_INT_RANGE,
                      sonar::overlay::kMinWidth, sonar::overlay::kMaxSize,
                      "height", GST_TYPE_INT_RANGE, sonar::overlay::kMinHeight,
                      sonar::overlay::kMaxSize, nullptr);
  gst_caps_set_simple(wanted, "width", G_TYPE_INT, s.width, "height",
                      G_TYPE_INT, s.height, nullptr);
  gst_caps_append(wanted, sizes);
  gst_caps_set_simple(wanted, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1,
                      nullptr);
  return wanted;
}

/* What downstream leaves open is as near to the size that is set, and to its
 * shape, as can be. */
static GstCaps *gst_signature_overlay_fixate_caps(GstBaseTransform *trans,
                                                  GstPadDirection direction,
                                                  GstCaps *, GstCaps *other) {
  other = gst_caps_truncate(gst_caps_make_writable(other));
  if (direction == GST_PAD_SINK) {
    const Settings s = GST_SIGNATURE_OVERLAY(trans)->impl->snapshot();
    GstStructure *out = gst_caps_get_structure(other, 0);
    gint width = 0, height = 0;
    if (gst_structure_get_int(out, "height", &height))
      gst_structure_fixate_field_nearest_int(
          out, "width",
          gint(gst_util_uint64_scale_round(height, s.width, s.height)));
    else
      gst_structure_fixate_field_nearest_int(out, "width", s.width);
    if (gst_structure_get_int(out, "width", &width))
      gst_structure_fixate_field_nearest_int(
          out, "height",
          gint(gst_util_uint64_scale_round(width, s.height, s.width)));
  }
  return gst_caps_fixate(other);
}

static GstCaps *gst_signature_overlay_transform_caps(GstBaseTransform *trans,
                                                     GstPadDirection direction,
                                                     GstCaps *caps,
                                                     GstCaps *filter) {
  const bool forward = direction == GST_PAD_SINK;
  g_autoptr(GstCaps) side = gst_static_pad_template_get_caps(
      forward ? &src_template : &sink_template);
  if (forward) {
    g_autoptr(GstCaps) any = g_steal_pointer(&side);
    side = drawing_caps(GST_SIGNATURE_OVERLAY(trans)->impl->snapshot(), any);
  }
  GstCaps *out = other_side(caps, side);
  if (filter) {
    GstCaps *wanted =
        gst_caps_intersect_full(filter, out, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref(out);
    out = wanted;
  }
  return out;
}

static gboolean gst_signature_overlay_set_caps(GstBaseTransform *trans,
                                               GstCaps *in, GstCaps *out) {
  Impl &impl = *GST_SIGNATURE_OVERLAY(trans)->impl;
  const GstVideoInfo before = impl.in_info;
  impl.painter.reset();
  if (!gst_video_info_from_caps(&impl.in_info, in) ||
      !gst_video_info_from_caps(&impl.out_info, out))
    return FALSE;
  // a drawing of another size goes on with the same history
  if (impl.waterfall && !gst_video_info_is_equal(&impl.in_info, &before))
    impl.waterfall.reset();
  return TRUE;
}

static gboolean gst_signature_overlay_get_unit_size(GstBaseTransform *,
                                                    GstCaps *caps,
                                                    gsize *size) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return FALSE;
  *size = GST_VIDEO_INFO_SIZE(&info);
  return TRUE;
}

static gboolean gst_signature_overlay_sink_event(GstBaseTransform *trans,
                                                 GstEvent *event) {
  Impl &impl = *GST_SIGNATURE_OVERLAY(trans)->impl;
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) impl.clear();
  return GST_BASE_TRANSFORM_CLASS(gst_signature_overlay_parent_class)
      ->sink_event(trans, event);
}

static gboolean gst_signature_overlay_stop(GstBaseTransform *trans) {
  Impl &impl = *GST_SIGNATURE_OVERLAY(trans)->impl;
  impl.painter.reset();
  impl.waterfall.reset();
  return TRUE;
}

/* Lifecycle */

static void gst_signature_overlay_finalize(GObject *object) {
  delete GST_SIGNATURE_OVERLAY(object)->impl;
  G_OBJECT_CLASS(gst_signature_overlay_parent_class)->finalize(object);
}

static void gst_signature_overlay_init(GstSignatureOverlay *self) {
  self->impl = new Impl;
  // both ends equal stands for automatic
  self->impl->settings.style.low_db = self->impl->settings.style.high_db = 0;
}

static void gst_signature_overlay_class_init(GstSignatureOverlayClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  auto *element_class = GST_ELEMENT_CLASS(klass);
  auto *trans_class = GST_BASE_TRANSFORM_CLASS(klass);

  object_class->set_property =
      sonar::set_property<GstSignatureOverlay, properties>;
  object_class->get_property =
      sonar::get_property<GstSignatureOverlay, properties>;
  object_class->finalize = gst_signature_overlay_finalize;
  sonar::overlay::install_properties(object_class);

  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Signature overlay", "Filter/Effect/Video",
      "Draws spectrogram, axes, class and signature", "gst-sonar developers");

  trans_class->transform_caps =
      GST_DEBUG_FUNCPTR(gst_signature_overlay_transform_caps);
  trans_class->fixate_caps =
      GST_DEBUG_FUNCPTR(gst_signature_overlay_fixate_caps);
  trans_class->set_caps = GST_DEBUG_FUNCPTR(gst_signature_overlay_set_caps);
  trans_class->get_unit_size =
      GST_DEBUG_FUNCPTR(gst_signature_overlay_get_unit_size);
  trans_class->transform = GST_DEBUG_FUNCPTR(gst_signature_overlay_transform);
  trans_class->transform_meta =
      GST_DEBUG_FUNCPTR(gst_signature_overlay_transform_meta);
  trans_class->sink_event = GST_DEBUG_FUNCPTR(gst_signature_overlay_sink_event);
  trans_class->stop = GST_DEBUG_FUNCPTR(gst_signature_overlay_stop);
}
