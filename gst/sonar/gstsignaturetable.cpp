/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-signaturetable
 * @short_description: writes the regions of signatures as a table
 *
 * Follows the tonal regions that signatureextract cuts out across frames (a
 * line is one region however many frames it crosses) and writes a row of CSV
 * for each when it ends, at once and whole. Times and frequencies come from
 * the analysis grid.
 *
 * With #GstSignatureTable:rows `tonals` or `families` it writes those of
 * signatureextract instead. Columns of regions: id, begin_s, end_s, low_hz,
 * high_hz, peak_hz, excess_db (over the background; empty without a
 * normaliser), level_db, class, score, confidence, recipe, threshold, fft_size,
 * hop_size, level_unit, and where UTC is known begin_utc, end_utc, Begin Date
 * and Begin Clock Time (as Raven has them).
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=ship.wav ! decodebin ! audioconvert !
 *   audioresample ! sonarspectrogram model=hydrophone !
 *   specnnclassify model=hydrophone ! scorecammask ! signatureextract !
 *   signaturetable ! filesink buffer-mode=unbuffered location=signature.csv
 * ]|
 */
#include "gstsignaturetable.h"

#include <gst/video/video.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "clock.h"
#include "common/border.h"
#include "common/frame.h"
#include "common/properties.h"
#include "meta/gstsonarclassmeta.h"
#include "sonar/core/utc.h"
#include "sonar/mask/regions.h"
#include "tonalrows.h"

GST_DEBUG_CATEGORY_STATIC(signature_table_debug);
#define GST_CAT_DEFAULT signature_table_debug

using sonar::Errc;
using sonar::Error;

namespace {

constexpr const char *kHeader =
    "id,begin_s,end_s,low_hz,high_hz,peak_hz,excess_db,level_db,class,score,"
    "confidence,recipe,threshold,fft_size,hop_size,level_unit,begin_utc,"
    "end_utc,Begin Date,Begin Clock Time\n";

/* Of a column's UTC in a long region, whose clock drifts. */
constexpr gint64 kClockToleranceNs = GST_MSECOND;

enum class Rows { kRegions, kTonals, kFamilies };

struct Settings {
  Rows rows = Rows::kRegions;
  guint min_region = 16;
};

sonar::Properties<Settings> properties;  // filled by class_init

/* What rows need beside their region; from the newest frame of a run. */
struct Analysis {
  std::vector<double> row_edges_hz;
  gint64 origin = 0;  ///< centre of stream column 0's window; ns
  guint rate = 1, fft_size = 0, hop_size = 0;
  bool normalized = false;
  std::string recipe, level_unit;
  float threshold = 0;
};

struct Impl {
  std::mutex lock;
  Settings settings;                       // guarded by lock
  GstPad *sink = nullptr, *src = nullptr;  // owned by the element
  GstVideoInfo info{};                     // streaming thread from here on
  std::optional<sonar::mask::RegionTracker> tracker;
  std::optional<sonar::table::TonalRows> tonals;  ///< instead of it
  Analysis analysis;
  std::optional<sonar::RunClock> utc;  ///< of columns; with the tracker
  std::vector<std::string> labels;     ///< a region's label is an index here
  bool header_sent = false;
  guint64 rows = 0;

  Rows kind() {
    std::lock_guard<std::mutex> hold(lock);
    return settings.rows;
  }
  void forget() {
    tracker.reset();
    utc.reset();
    tonals.reset();
    labels.clear();
    header_sent = false;
    rows = 0;
  }
};

GType rows_get_type() {
  static const GEnumValue values[] = {
      {int(Rows::kRegions), "Connected regions of kept pixels", "regions"},
      {int(Rows::kTonals), "Tonals", "tonals"},
      {int(Rows::kFamilies), "Harmonic families", "families"},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSignatureTableRows", values);
  return type;
}

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(SONAR_GRAY_CAPS));
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("text/csv"));

}  // namespace

struct _GstSignatureTable {
  GstElement parent;
  Impl *impl;  // owned: new in _init, deleted in _finalize
};

G_DEFINE_TYPE_WITH_CODE(GstSignatureTable, gst_signature_table,
                        GST_TYPE_ELEMENT,
                        GST_DEBUG_CATEGORY_INIT(signature_table_debug,
                                                "signaturetable", 0,
                                                "tables of signature regions"))
GST_ELEMENT_REGISTER_DEFINE(signaturetable, "signaturetable", GST_RANK_NONE,
                            GST_TYPE_SIGNATURE_TABLE)

/* Rows */

static gint64 time_of_column(const Analysis &a, double column) {
  return a.origin + gint64(std::llround(column * a.hop_size * 1e9 / a.rate));
}

/* A text field, quoted where it would break the row (RFC 4180). */
static std::string quoted(const std::string &text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

/* The four fields of the clock, empty where it is not known. */
static std::string clock_fields(const sonar::RunClock &utc, double begin,
                                double end) {
  const gint64 begin_ns = utc.at(begin), end_ns = utc.at(end);
  if (begin_ns == G_MININT64) return ",,,";
  const std::string iso = sonar::utc::format_iso8601(begin_ns);
  std::string date = iso.substr(0, 10);
  std::replace(date.begin(), date.end(), '-', '/');
  return iso + "," + sonar::utc::format_iso8601(end_ns) + "," + date + "," +
         iso.substr(11, iso.size() - 12);
}

/* The three fields of the analysis. */
static std::string analysis_fields(const Analysis &a) {
  return std::to_string(a.fft_size) + "," + std::to_string(a.hop_size) + "," +
         a.level_unit;
}

static std::string format_row(const Impl &impl,
                              const sonar::mask::RegionTracker::Closed &r) {
  const Analysis &a = impl.analysis;
  const auto &edges = a.row_edges_hz;
  using sonar::table::number;
  const std::string excess =
      a.normalized ? number(r.peak_value, "%.2f") : std::string();
  const double level = r.peak_value + r.peak_background;
  const double begin = double(r.column_begin) - 0.5,
               end = double(r.column_end) - 0.5;
  std::string row = std::to_string(impl.rows + 1);
  for (const std::string &field :
       {number(time_of_column(a, begin) / 1e9, "%.4f"),
        number(time_of_column(a, end) / 1e9, "%.4f"),
        number(edges[r.row_end], "%.2f"), number(edges[r.row_begin], "%.2f"),
        number((edges[r.peak_row] + edges[r.peak_row + 1]) / 2, "%.2f"), excess,
        number(level, "%.2f"),
        r.label < 0 ? std::string("unknown") : quoted(impl.labels[r.label]),
        number(r.score, "%.3f"), number(r.mean_confidence, "%.3f"), a.recipe,
        number(a.threshold, "%.3f"), analysis_fields(a),
        clock_fields(*impl.utc, begin, end)})
    row += "," + field;
  return row + "\n";
}

static GstFlowReturn push_text(Impl &impl, const std::string &text,
                               GstClockTime pts) {
  GstBuffer *buffer = gst_buffer_new_memdup(text.data(), text.size());
  GST_BUFFER_PTS(buffer) = pts;
  return gst_pad_push(impl.src, buffer);
}

/* Of tonals or families that cannot go on at stream column @p column. */
static GstFlowReturn push_ended(Impl &impl, gint64 column) {
  const Analysis &a = impl.analysis;
  const auto seconds = [&](gint64 at) {
    return time_of_column(a, double(at) - 0.5) / 1e9;
  };
  for (const sonar::table::Row &row :
       impl.tonals->take_ended(column, double(a.rate) / a.hop_size, seconds)) {
    const double begin = double(row.column_begin) - 0.5,
                 end = double(row.column_end) - 0.5;
    const GstFlowReturn flow =
        push_text(impl,
                  row.fields + "," + analysis_fields(a) + "," +
                      clock_fields(*impl.utc, begin, end) + "\n",
                  GstClockTime(MAX(0, time_of_column(a, end))));
    if (flow != GST_FLOW_OK) return flow;
  }
  return GST_FLOW_OK;
}

static GstFlowReturn push_rows(Impl &impl) {
  sonar::mask::RegionTracker::Closed region;
  while (impl.tracker && impl.tracker->pop(region)) {
    const gint64 end =
        time_of_column(impl.analysis, double(region.column_end) - 0.5);
    const GstFlowReturn flow =
        push_text(impl, format_row(impl, region), GstClockTime(MAX(0, end)));
    if (flow != GST_FLOW_OK) return flow;
    ++impl.rows;
  }
  return GST_FLOW_OK;
}

static GstFlowReturn send_header(Impl &impl) {
  if (impl.header_sent) return GST_FLOW_OK;
  impl.header_sent = true;
  using sonar::table::TonalRows;
  const Rows kind = impl.kind();
  const char *header = kind == Rows::kTonals     ? TonalRows::kTonalHeader
                       : kind == Rows::kFamilies ? TonalRows::kFamilyHeader
                                                 : kHeader;
  return push_text(impl, header, GST_CLOCK_TIME_NONE);
}

static GstFlowReturn drain(Impl &impl) {
  if (impl.tonals) {
    const GstFlowReturn flow = push_ended(impl, G_MAXINT64);
    impl.tonals.reset();
    impl.utc.reset();
    return flow;
  }
  if (!impl.tracker) return GST_FLOW_OK;
  impl.tracker->drain();
  const GstFlowReturn flow = push_rows(impl);
  impl.tracker.reset();
  impl.utc.reset();
  return flow;
}

static void remember(Impl &impl, const GstSonarSpectrogramMeta &meta,
                     const GstSonarMaskMeta &mask,
                     const GstSonarSignatureMeta &signature) {
  Analysis &a = impl.analysis;
  const auto *edges =
      static_cast<const double *>(g_bytes_get_data(meta.row_edges, nullptr));
  a.row_edges_hz.assign(edges, edges + meta.height + 1);
  a.rate = meta.rate;
  a.fft_size = meta.fft_size;
  a.hop_size = meta.hop_size;
  // without time stamps a run begins at zero
  const gint64 column0 =
      meta.column0_time == G_MININT64
          ? gint64((double(meta.first_column) * meta.hop_size +
                    meta.span_size / 2.0) *
                   1e9 / meta.rate)
          : meta.column0_time;
  a.origin = 0;
  a.origin = column0 - time_of_column(a, double(meta.first_column));
  a.normalized = meta.background != nullptr;
  a.level_unit = meta.level_unit;
  a.recipe = mask.recipe;
  a.threshold = signature.threshold;
}

static int label_number(Impl &impl, const GstSonarMaskMeta &mask) {
  if (!mask.valid) return -1;
  const auto found =
      std::find(impl.labels.begin(), impl.labels.end(), mask.label);
  if (found != impl.labels.end()) return int(found - impl.labels.begin());
  impl.labels.emplace_back(mask.label);
  return int(impl.labels.size()) - 1;
}

static const GstSonarSignatureMeta &require_signature(
    GstBuffer *frame, const GstSonarSpectrogramMeta &picture) {
  const auto *meta = gst_buffer_get_sonar_signature_meta(frame);
  if (!meta)
    throw Error(Errc::kBadArgument,
                "The frame carries no signature; put signatureextract before "
                "signaturetable.");
  if (meta->width != picture.width || meta->height != picture.height)
    throw Error(Errc::kBadArgument,
                "The signature is " +
                    sonar::frame::size_text(meta->width, meta->height) +
                    " but the spectrogram is " +
                    sonar::frame::size_text(picture.width, picture.height) +
                    " (width x height); do not rescale or crop frames between "
                    "the sonar elements.");
  return *meta;
}

static GstFlowReturn take_frame(Impl &impl, GstBuffer *frame) {
  const auto &meta = sonar::frame::require_spectrogram(frame, impl.info);
  const auto &mask = sonar::frame::require_mask(frame, impl.info);
  const auto &signature = require_signature(frame, meta);
  GstFlowReturn flow = send_header(impl);
  if (flow == GST_FLOW_OK && GST_BUFFER_IS_DISCONT(frame)) flow = drain(impl);
  if (flow != GST_FLOW_OK) return flow;
  remember(impl, meta, mask, signature);
  if (!impl.utc)
    impl.utc.emplace(double(meta.rate) / meta.hop_size, kClockToleranceNs);
  const gint64 newest = gint64(meta.valid_end) - meta.new_columns;
  impl.utc->put(meta.first_column + newest,
                sonar::frame::column_utc(meta, double(newest)), true);
  if (const Rows kind = impl.kind(); kind != Rows::kRegions) {
    if (!impl.tonals) impl.tonals.emplace(kind == Rows::kFamilies);
    impl.tonals->put(signature);
    return push_ended(impl, meta.first_column);
  }
  if (!impl.tracker) {
    std::lock_guard<std::mutex> hold(impl.lock);
    impl.tracker.emplace(meta.height, impl.settings.min_region);
  }
  const auto *kept =
      static_cast<const guint8 *>(g_bytes_get_data(signature.kept, nullptr));
  const sonar::mask::Binary binary{
      meta.height, meta.width, {kept, kept + gsize(meta.height) * meta.width}};
  impl.tracker->put(
      meta.first_column, sonar::frame::valid_columns(meta), binary,
      sonar::frame::read_values(signature.original ? signature.original : frame,
                                impl.info, meta),
      sonar::frame::read_image(mask.values, meta.height, meta.width),
      label_number(impl, mask), mask.score,
      sonar::frame::read_image(meta.background, meta.height, meta.width));
  return push_rows(impl);
}

static GstFlowReturn gst_signature_table_chain(GstPad *, GstObject *parent,
                                               GstBuffer *frame) {
  auto *self = GST_SIGNATURE_TABLE(parent);
  const GstFlowReturn flow =
      sonar::border::guard(GST_ELEMENT(self), GST_FLOW_ERROR,
                           [&] { return take_frame(*self->impl, frame); });
  gst_buffer_unref(frame);
  return flow;
}

static gboolean gst_signature_table_sink_event(GstPad *pad, GstObject *parent,
                                               GstEvent *event) {
  auto *self = GST_SIGNATURE_TABLE(parent);
  Impl &impl = *self->impl;
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CAPS: {
      GstCaps *caps;
      gst_event_parse_caps(event, &caps);
      gboolean ok = gst_video_info_from_caps(&impl.info, caps);
      gst_event_unref(event);
      g_autoptr(GstCaps) text = gst_caps_new_empty_simple("text/csv");
      return ok && gst_pad_set_caps(impl.src, text);
    }
    case GST_EVENT_EOS:
    case GST_EVENT_SEGMENT: {
      const bool ended = GST_EVENT_TYPE(event) == GST_EVENT_EOS;
      const bool drained = sonar::border::guard(GST_ELEMENT(self), false, [&] {
        drain(impl);
        // a recording without a frame; not one that failed before its start
        g_autoptr(GstEvent) segment =
            gst_pad_get_sticky_event(impl.src, GST_EVENT_SEGMENT, 0);
        if (ended && segment) send_header(impl);
        return true;
      });
      if (!drained) break;
      return gst_pad_event_default(pad, parent, event);
    }
    case GST_EVENT_FLUSH_STOP:
      impl.tracker.reset();
      impl.utc.reset();
      impl.tonals.reset();
      return gst_pad_event_default(pad, parent, event);
    default:
      return gst_pad_event_default(pad, parent, event);
  }
  gst_event_unref(event);
  return FALSE;
}

static GstStateChangeReturn gst_signature_table_change_state(
    GstElement *element, GstStateChange change) {
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_signature_table_parent_class)
          ->change_state(element, change);
  if (change == GST_STATE_CHANGE_PAUSED_TO_READY)
    GST_SIGNATURE_TABLE(element)->impl->forget();
  return result;
}

/* Lifecycle */

static void gst_signature_table_finalize(GObject *object) {
  delete GST_SIGNATURE_TABLE(object)->impl;
  G_OBJECT_CLASS(gst_signature_table_parent_class)->finalize(object);
}

static void gst_signature_table_init(GstSignatureTable *self) {
  self->impl = new Impl;
  Impl &impl = *self->impl;
  impl.sink = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_chain_function(impl.sink,
                             GST_DEBUG_FUNCPTR(gst_signature_table_chain));
  gst_pad_set_event_function(impl.sink,
                             GST_DEBUG_FUNCPTR(gst_signature_table_sink_event));
  gst_element_add_pad(GST_ELEMENT(self), impl.sink);
  impl.src = gst_pad_new_from_static_template(&src_template, "src");
  gst_pad_use_fixed_caps(impl.src);
  gst_element_add_pad(GST_ELEMENT(self), impl.src);
}

static void gst_signature_table_class_init(GstSignatureTableClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  auto *element_class = GST_ELEMENT_CLASS(klass);

  object_class->set_property =
      sonar::set_property<GstSignatureTable, properties>;
  object_class->get_property =
      sonar::get_property<GstSignatureTable, properties>;
  object_class->finalize = gst_signature_table_finalize;
  element_class->change_state = gst_signature_table_change_state;

  /**
   * GstSignatureTable:min-region:
   *
   * Pixels a region must have, counted over all frames it crosses, to be
   * written.
   */
  properties.add(
      g_param_spec_uint("min-region", "Smallest region",
                        "Pixels a region must have, over all frames it crosses",
                        0, G_MAXUINT, Settings{}.min_region,
                        sonar::changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.min_region; });
  /**
   * GstSignatureTable:rows:
   *
   * What a row is about.
   */
  properties.add(
      g_param_spec_enum("rows", "Rows", "What a row is about", rows_get_type(),
                        int(Rows::kRegions),
                        sonar::changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.rows; });
  properties.install(object_class);
  gst_type_mark_as_plugin_api(rows_get_type(), GstPluginAPIFlags(0));

  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Signature table", "Filter/Analyzer/Video",
      "Writes the tonal regions of signatures as CSV", "gst-sonar developers");
}
