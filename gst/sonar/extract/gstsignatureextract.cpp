/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-signatureextract
 * @short_description: cuts a class' signature out of a spectrogram frame
 *
 * Thresholds the class mask of an upstream scorecammask, drops small regions
 * and paints the rest over (paper IV-E). Adds a #GstSonarSignatureMeta with
 * the kept pixels and the tonal regions in Hz, seconds and dB, and posts an
 * element message `sonar-signature` per frame with their number and `kept`,
 * the share of pixels kept.
 *
 * A frame without a mask is an error; a frame whose class is unknown gives an
 * empty signature.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=ship.wav ! decodebin ! audioconvert !
 *   audioresample ! sonarspectrogram model=synthetic advance=128 !
 *   specnnclassify model=synthetic ! scorecammask !
 *   signatureextract threshold=0.75 ! videoconvert ! pngenc !
 *   multifilesink location=signature-%03d.png
 * ]|
 */
#include "gstsignatureextract.h"

#include <gst/video/video.h>

#include <cstring>
#include <mutex>
#include <vector>

#include "common/border.h"
#include "common/frame.h"
#include "extractsettings.h"
#include "meta/gstsonarclassmeta.h"
#include "regionstream.h"
#include "signaturemessage.h"
#include "sonar/dsp/gray.h"
#include "sonar/mask/regions.h"
#include "sonar/mask/threshold.h"
#include "sonar/tonal/excess.h"
#include "tonalstream.h"

GST_DEBUG_CATEGORY_STATIC(signature_extract_debug);
#define GST_CAT_DEFAULT signature_extract_debug

using sonar::extract::Background;
using sonar::extract::Detection;
using sonar::extract::kMasksOwn;
using sonar::extract::Output;
using sonar::extract::properties;
using sonar::extract::Settings;
using sonar::extract::Tonals;

namespace {

struct Impl {
  std::mutex lock;
  Settings settings;                   // guarded by lock
  GstVideoInfo in_info{}, out_info{};  // streaming thread from here on
  sonar::TonalStream tonals;
  sonar::RegionStream regions;

  Settings snapshot() {
    std::lock_guard<std::mutex> hold(lock);
    return settings;
  }
  void forget() {
    tonals.reset();
    regions.reset();
  }
};

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(SONAR_GRAY_CAPS));
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE("{ GRAY16_LE, GRAY8, BGRA }")));

}  // namespace

struct _GstSignatureExtract {
  GstBaseTransform parent;
  Impl *impl;  // owned: new in _init, deleted in _finalize
};

G_DEFINE_TYPE_WITH_CODE(
    GstSignatureExtract, gst_signature_extract, GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT(signature_extract_debug, "signatureextract", 0,
                            "spectrographic signature extraction"))
GST_ELEMENT_REGISTER_DEFINE(signatureextract, "signatureextract", GST_RANK_NONE,
                            GST_TYPE_SIGNATURE_EXTRACT)

/* Signatures */

/* On bands, which are many bins wide, a tonal is found but not measured. */
static bool wants_tonals(const Settings &s,
                         const GstSonarSpectrogramMeta &meta) {
  if (s.tonals != Tonals::kAuto) return s.tonals == Tonals::kOn;
  return s.detection == Detection::kExcess ||
         sonar::frame::has_linear_rows(meta);
}

static GstSonarRegion describe_region(const sonar::mask::Region &region,
                                      const GstSonarSpectrogramMeta &meta) {
  const auto *edges =
      static_cast<const double *>(g_bytes_get_data(meta.row_edges, nullptr));
  GstSonarRegion out{};
  out.begin = sonar::frame::column_time(meta, region.column_begin - 0.5);
  out.end = sonar::frame::column_time(meta, region.column_end - 0.5);
  out.high_hz = edges[region.row_begin];
  out.low_hz = edges[region.row_end];
  out.peak_hz = (edges[region.peak_row] + edges[region.peak_row + 1]) / 2;
  out.excess_db = region.peak_value;
  out.level_db = region.peak_value + region.peak_background;
  out.confidence = region.mean_confidence;
  out.pixels = region.pixels;
  return out;
}

/* What is cut out, and why. */
struct Cut {
  sonar::Image values, background, confidence;
  sonar::mask::Binary kept;
  float threshold = 0;  ///< of the confidence
};

static void add_signature(Impl &impl, const Settings &s, GstBuffer *out,
                          GstBuffer *original,
                          const GstSonarSpectrogramMeta &meta, const Cut &cut) {
  std::vector<GstSonarRegion> regions;
  for (const auto &region : sonar::mask::find_regions(
           cut.kept, cut.values, cut.confidence, cut.background))
    regions.push_back(describe_region(region, meta));
  GstSonarSignatureMeta signature{};
  if (wants_tonals(s, meta)) {
    const double least =
        s.detection == Detection::kExcess ? s.excess_threshold_db : 0;
    impl.tonals.put(meta, cut.values, cut.background, cut.kept,
                    {s.tonal_gap_seconds, s.tonal_duration_seconds, least},
                    signature);
  }
  g_autoptr(GBytes) tonals = signature.tonals;
  g_autoptr(GBytes) frequencies = signature.tonal_frequencies;
  g_autoptr(GBytes) families = signature.families;
  g_autoptr(GBytes) mask_bytes =
      g_bytes_new(cut.kept.values.data(), cut.kept.values.size());
  g_autoptr(GBytes) region_bytes =
      g_bytes_new(regions.data(), regions.size() * sizeof(GstSonarRegion));
  signature.threshold = cut.threshold;
  signature.width = meta.width;
  signature.height = meta.height;
  signature.kept = mask_bytes;
  signature.n_regions = guint(regions.size());
  signature.regions = region_bytes;
  signature.original = original;
  gst_buffer_add_sonar_signature_meta(out, &signature);
}

static void paint(Impl &impl, const Settings &s, GstBuffer *in, GstBuffer *out,
                  const sonar::mask::Binary &kept) {
  const sonar::frame::Map source(in, impl.in_info, GST_MAP_READ);
  const sonar::frame::Map target(out, impl.out_info, GST_MAP_WRITE);
  const int bits = sonar::frame::gray_bits(impl.in_info);
  const std::vector<guint8> everything(
      s.output == Output::kOriginal ? kept.values.size() : 0, 1);
  const guint8 *chosen =
      everything.empty() ? kept.values.data() : everything.data();
  // the binary mask, too, is transparent where nothing was kept
  const std::vector<guint8> white(
      s.output == Output::kMask ? source.stride() * kept.height : 0, 255);
  if (GST_VIDEO_INFO_FORMAT(&impl.out_info) == GST_VIDEO_FORMAT_BGRA)
    sonar::dsp::store_kept_bgra(
        white.empty() ? source.pixels() : white.data(), source.stride(), chosen,
        kept.height, kept.width, bits, target.pixels(), target.stride());
  else if (s.output == Output::kMask)
    sonar::dsp::store_mask(chosen, kept.height, kept.width, bits,
                           target.pixels(), target.stride());
  else
    sonar::dsp::store_kept(source.pixels(), source.stride(), chosen,
                           kept.height, kept.width, bits,
                           s.background == Background::kWhite ? 65535 : 0,
                           target.pixels(), target.stride());
}

static Cut cut_by_mask(const Settings &s, const GstSonarMaskMeta &mask,
                       Cut &&cut) {
  cut.threshold = s.threshold < 0 ? mask.threshold : s.threshold;
  cut.confidence =
      sonar::frame::read_image(mask.values, mask.height, mask.width);
  if (mask.valid)
    cut.kept =
        sonar::mask::threshold(cut.confidence, cut.threshold, s.hysteresis);
  else
    cut.kept = {mask.height, mask.width,
                std::vector<guint8>(gsize(mask.height) * mask.width)};
  return std::move(cut);
}

/* Adds the mask that it finds to @p out, which has none. */
static Cut cut_by_excess(const Settings &s, const GstSonarSpectrogramMeta &meta,
                         GstBuffer *out, Cut &&cut) {
  const auto *edges =
      static_cast<const double *>(g_bytes_get_data(meta.row_edges, nullptr));
  const sonar::Image fine =
      sonar::frame::read_image(meta.fine, meta.fine_rows, meta.width);
  const auto picture =
      sonar::TonalStream::picture_of(meta, cut.values, cut.background, fine);
  const sonar::Image excess =
      sonar::tonal::line_excess(picture, sonar::Recipe::from_json(meta.recipe),
                                {edges, edges + meta.height + 1});
  cut.kept = sonar::mask::threshold(excess, float(s.excess_threshold_db),
                                    float(s.excess_hysteresis_db));
  cut.confidence = sonar::tonal::excess_confidence(excess, picture.valid,
                                                   s.excess_threshold_db);
  cut.threshold = 0.75f;
  const auto *seen = gst_buffer_get_sonar_class_meta(out);
  GstSonarMaskMeta mask{};
  mask.recipe = "excess";
  mask.label = const_cast<gchar *>(seen ? gst_sonar_class_meta_get_label(seen)
                                        : "unknown");
  mask.score = seen ? seen->confidence : 0;
  mask.threshold = cut.threshold;
  mask.width = meta.width;
  mask.height = meta.height;
  g_autoptr(GBytes) values =
      sonar::frame::take_image(sonar::Image(cut.confidence));
  mask.values = values;
  mask.valid = TRUE;
  gst_buffer_add_sonar_mask_meta(out, &mask);
  return std::move(cut);
}

static void post_ended(GstSignatureExtract *self) {
  Impl &impl = *self->impl;
  for (const auto &ended :
       {impl.regions.take_ended(), impl.tonals.take_ended()})
    for (const sonar::EndedMessage &message : ended)
      sonar::frame::post_message(GST_ELEMENT(self),
                                 GST_BASE_TRANSFORM(self)->segment,
                                 message.begin, message.end, message.fields);
}

static void extract(GstSignatureExtract *self, GstBuffer *in, GstBuffer *out) {
  Impl &impl = *self->impl;
  const Settings s = impl.snapshot();
  const auto &meta = sonar::frame::require_spectrogram(in, impl.in_info);
  if (GST_BUFFER_IS_DISCONT(in) || !wants_tonals(s, meta)) impl.tonals.drain();
  if (GST_BUFFER_IS_DISCONT(in) || !s.region_messages) impl.regions.drain();
  Cut cut;
  if (s.detection == Detection::kMask)
    sonar::frame::require_mask(in, impl.in_info);
  cut.values = sonar::frame::read_values(in, impl.in_info, meta);
  cut.background =
      sonar::frame::read_image(meta.background, meta.height, meta.width);
  cut =
      s.detection == Detection::kMask
          ? cut_by_mask(s, *gst_buffer_get_sonar_mask_meta(in), std::move(cut))
          : cut_by_excess(s, meta, out, std::move(cut));
  sonar::mask::remove_small(cut.kept, s.min_region);
  paint(impl, s, in, out, cut.kept);
  const auto pixels = double(cut.kept.values.size());
  gsize count = 0;
  for (const guint8 k : cut.kept.values) count += k;
  add_signature(impl, s, out, in, meta, cut);
  const auto &mask = *gst_buffer_get_sonar_mask_meta(out);
  const auto &signature = *gst_buffer_get_sonar_signature_meta(out);
  if (s.region_messages)
    impl.regions.put({meta, mask, signature, std::move(cut.values)},
                     s.min_region);
  post_ended(self);
  sonar::frame::post_message(
      GST_ELEMENT(self), GST_BASE_TRANSFORM(self)->segment, in,
      sonar::signature_message(mask, signature, double(count) / pixels));
}

static GstFlowReturn gst_signature_extract_transform(GstBaseTransform *trans,
                                                     GstBuffer *in,
                                                     GstBuffer *out) {
  auto *self = GST_SIGNATURE_EXTRACT(trans);
  return sonar::border::guard(GST_ELEMENT(self), GST_FLOW_ERROR, [&] {
    extract(self, in, out);
    return GST_FLOW_OK;
  });
}

/* The metas' content does not depend on the pixels' format. */
static gboolean gst_signature_extract_transform_meta(GstBaseTransform *trans,
                                                     GstBuffer *, GstMeta *meta,
                                                     GstBuffer *) {
  if (meta->info->api == GST_SONAR_SIGNATURE_META_API_TYPE) return FALSE;
  // one of our own takes its place
  return meta->info->api != GST_SONAR_MASK_META_API_TYPE ||
         GST_SIGNATURE_EXTRACT(trans)->impl->snapshot().detection ==
             Detection::kMask;
}

static gboolean gst_signature_extract_sink_event(GstBaseTransform *trans,
                                                 GstEvent *event) {
  auto *self = GST_SIGNATURE_EXTRACT(trans);
  const GstEventType type = GST_EVENT_TYPE(event);
  if (type == GST_EVENT_FLUSH_STOP) self->impl->forget();
  if (type == GST_EVENT_EOS || type == GST_EVENT_SEGMENT) {
    const bool drained = sonar::border::guard(GST_ELEMENT(self), false, [&] {
      self->impl->tonals.drain();
      self->impl->regions.drain();
      post_ended(self);
      return true;
    });
    if (!drained) return gst_event_unref(event), FALSE;
  }
  return GST_BASE_TRANSFORM_CLASS(gst_signature_extract_parent_class)
      ->sink_event(trans, event);
}

static gboolean gst_signature_extract_stop(GstBaseTransform *trans) {
  GST_SIGNATURE_EXTRACT(trans)->impl->forget();
  return TRUE;
}

/* Negotiation */

static GstCaps *gst_signature_extract_transform_caps(GstBaseTransform *trans,
                                                     GstPadDirection direction,
                                                     GstCaps *caps,
                                                     GstCaps *filter) {
  const bool transparent =
      GST_SIGNATURE_EXTRACT(trans)->impl->snapshot().background ==
      Background::kTransparent;
  GstCaps *out = gst_caps_copy(caps);
  if (transparent && direction == GST_PAD_SINK) {
    gst_caps_set_simple(out, "format", G_TYPE_STRING, "BGRA", nullptr);
  } else if (transparent) {
    GValue formats = G_VALUE_INIT, format = G_VALUE_INIT;
    gst_value_list_init(&formats, 2);
    g_value_init(&format, G_TYPE_STRING);
    for (const char *name : {"GRAY16_LE", "GRAY8"}) {
      g_value_set_static_string(&format, name);
      gst_value_list_append_value(&formats, &format);
    }
    gst_caps_set_value(out, "format", &formats);
    g_value_unset(&format);
    g_value_unset(&formats);
  }
  if (transparent)  // sRGB has no grey colorimetry to hand on
    for (guint i = 0; i < gst_caps_get_size(out); ++i)
      gst_structure_remove_fields(gst_caps_get_structure(out, i), "colorimetry",
                                  "chroma-site", nullptr);
  if (filter) {
    GstCaps *wanted =
        gst_caps_intersect_full(filter, out, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref(out);
    out = wanted;
  }
  return out;
}

static gboolean gst_signature_extract_set_caps(GstBaseTransform *trans,
                                               GstCaps *in, GstCaps *out) {
  Impl &impl = *GST_SIGNATURE_EXTRACT(trans)->impl;
  return gst_video_info_from_caps(&impl.in_info, in) &&
         gst_video_info_from_caps(&impl.out_info, out);
}

/* Whatever room the rows of the frame that came take. */
static gboolean gst_signature_extract_transform_size(GstBaseTransform *,
                                                     GstPadDirection, GstCaps *,
                                                     gsize, GstCaps *out_caps,
                                                     gsize *out_size) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, out_caps)) return FALSE;
  *out_size = GST_VIDEO_INFO_SIZE(&info);
  return TRUE;
}

/* Lifecycle */

static void gst_signature_extract_finalize(GObject *object) {
  delete GST_SIGNATURE_EXTRACT(object)->impl;
  G_OBJECT_CLASS(gst_signature_extract_parent_class)->finalize(object);
}

static void gst_signature_extract_init(GstSignatureExtract *self) {
  self->impl = new Impl;
}

static void gst_signature_extract_class_init(GstSignatureExtractClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  auto *element_class = GST_ELEMENT_CLASS(klass);
  auto *trans_class = GST_BASE_TRANSFORM_CLASS(klass);

  object_class->set_property =
      sonar::set_property<GstSignatureExtract, properties>;
  object_class->get_property =
      sonar::get_property<GstSignatureExtract, properties>;
  object_class->finalize = gst_signature_extract_finalize;
  sonar::extract::install_properties(object_class);

  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Signature extractor", "Filter/Effect/Video",
      "Cuts a class' tonal signature out of a spectrogram",
      "gst-sonar developers");

  trans_class->transform_caps =
      GST_DEBUG_FUNCPTR(gst_signature_extract_transform_caps);
  trans_class->set_caps = GST_DEBUG_FUNCPTR(gst_signature_extract_set_caps);
  trans_class->transform_size =
      GST_DEBUG_FUNCPTR(gst_signature_extract_transform_size);
  trans_class->transform_meta =
      GST_DEBUG_FUNCPTR(gst_signature_extract_transform_meta);
  trans_class->transform = GST_DEBUG_FUNCPTR(gst_signature_extract_transform);
  trans_class->sink_event = GST_DEBUG_FUNCPTR(gst_signature_extract_sink_event);
  trans_class->stop = GST_DEBUG_FUNCPTR(gst_signature_extract_stop);
}
