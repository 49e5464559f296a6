/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-signaturetable
 * @short_description: writes the regions of signatures as a table
 *
 * Follows the tonal regions that signatureextract cuts out across frames (a
 * line is one region however many frames it crosses) and writes a row for each
 * when it ends, at once and whole: as CSV, or as #GstSignatureTable:format
 * says a selection table of Raven, a label file of Audacity or JSON lines.
 * Times and frequencies come from the analysis grid.
 *
 * With #GstSignatureTable:rows `tonals` or `families` it writes those of
 * signatureextract instead. Columns of regions: id, begin_s, end_s, low_hz,
 * high_hz, peak_hz, excess_db (over the background; empty without a
 * normaliser), level_db, class, score, confidence, recipe, threshold, fft_size,
 * hop_size, level_unit, where UTC is known begin_utc, end_utc, Begin Date and
 * Begin Clock Time (as Raven has them), and track_id, the track or tonal that
 * runs through the region.
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

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/border.h"
#include "common/frame.h"
#include "common/properties.h"
#include "meta/gstsonarclassmeta.h"
#include "regionrows.h"
#include "sonar/core/record.h"
#include "time/clock.h"
#include "tonalrows.h"

GST_DEBUG_CATEGORY_STATIC(signature_table_debug);
#define GST_CAT_DEFAULT signature_table_debug

using sonar::Record;
using sonar::RecordFormat;
using sonar::table::Row;
using sonar::table::TonalRows;

namespace {

/* Of a column's UTC in a long region, whose clock drifts. */
constexpr gint64 kClockToleranceNs = GST_MSECOND;

enum class Rows { kRegions, kTonals, kFamilies };

struct Settings {
  Rows rows = Rows::kRegions;
  RecordFormat format = RecordFormat::kCsv;
  guint min_region = 16;
};

sonar::Properties<Settings> properties;  // filled by class_init

struct Impl {
  std::mutex lock;
  Settings settings;                          // guarded by lock
  GstPad *sink = nullptr, *src = nullptr;     // owned by the element
  GstVideoInfo info{};                        // streaming thread from here on
  std::optional<sonar::RecordWriter> writer;  ///< of the table, once it began
  std::optional<sonar::table::RegionRows> regions;  ///< one of the two
  std::optional<TonalRows> tonals;
  sonar::table::Analysis analysis;
  std::optional<sonar::RunClock> utc;  ///< of columns, once there is a frame
  bool silent = true;  ///< whether a segment has begun without a word

  Settings snapshot() {
    std::lock_guard<std::mutex> hold(lock);
    return settings;
  }
  /** What a run has begun, not its table. */
  void forget_run() {
    if (regions) regions->reset();
    if (tonals) tonals->reset();
    utc.reset();
  }
  void forget() {
    forget_run();
    writer.reset();
    regions.reset();
    tonals.reset();
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

GType format_get_type() {
  static const GEnumValue values[] = {
      {int(RecordFormat::kCsv), "Comma-separated values", "csv"},
      {int(RecordFormat::kRaven), "Selection table of Raven", "raven"},
      {int(RecordFormat::kAudacity), "Label file of Audacity", "audacity"},
      {int(RecordFormat::kJsonLines), "JSON lines", "json-lines"},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSignatureTableFormat", values);
  return type;
}

const char *caps_name(RecordFormat format) {
  switch (format) {
    case RecordFormat::kRaven:
      return "text/tab-separated-values";
    case RecordFormat::kAudacity:
      return "text/plain";
    case RecordFormat::kJsonLines:
      return "application/x-ndjson";
    default:
      return "text/csv";
  }
}

GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(SONAR_GRAY_CAPS));
GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE(
    "src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS("text/csv; text/tab-separated-values; text/plain; "
                    "application/x-ndjson"));

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

static GstFlowReturn push_text(Impl &impl, const std::string &text,
                               GstClockTime pts) {
  GstBuffer *buffer = gst_buffer_new_memdup(text.data(), text.size());
  GST_BUFFER_PTS(buffer) = pts;
  return gst_pad_push(impl.src, buffer);
}

static GstFlowReturn push_rows(Impl &impl, const std::vector<Row> &rows) {
  for (const Row &row : rows) {
    const gint64 end = impl.analysis.time_of(double(row.column_end) - 0.5);
    const GstFlowReturn flow = push_text(impl, impl.writer->line(row.record),
                                         GstClockTime(MAX(0, end)));
    if (flow != GST_FLOW_OK) return flow;
  }
  return GST_FLOW_OK;
}

/* Of tonals or families that cannot go on at stream column @p column. */
static GstFlowReturn push_ended(Impl &impl, gint64 column) {
  if (!impl.utc) return GST_FLOW_OK;  // no frame yet
  return push_rows(
      impl, impl.tonals
                ? impl.tonals->take_ended(column, impl.analysis, *impl.utc)
                : impl.regions->take_ended(impl.analysis, *impl.utc));
}

static Record blank_of(Rows kind) {
  return kind == Rows::kRegions ? sonar::table::RegionRows::blank()
                                : TonalRows::blank(kind == Rows::kFamilies);
}

/* What the table is about and how it is written holds from its begin on. */
static GstFlowReturn begin_table(Impl &impl) {
  if (impl.writer) return GST_FLOW_OK;
  const Settings s = impl.snapshot();
  const char *kind = s.rows == Rows::kRegions  ? "region"
                     : s.rows == Rows::kTonals ? "tonal"
                                               : "family";
  impl.writer.emplace(s.format, kind,
                      s.format == RecordFormat::kRaven
                          ? sonar::recording_name(impl.sink)
                          : std::string());
  if (s.rows == Rows::kRegions)
    impl.regions.emplace(s.min_region);
  else
    impl.tonals.emplace(s.rows == Rows::kFamilies);
  const std::string header = impl.writer->header(blank_of(s.rows));
  return header.empty() ? GST_FLOW_OK
                        : push_text(impl, header, GST_CLOCK_TIME_NONE);
}

/* A sink downstream waits for something before it plays, and the first row may
 * be long in coming, longer than a queue in another branch can hold. */
static void break_silence(Impl &impl, GstBuffer *frame) {
  if (!impl.silent) return;
  impl.silent = false;
  const GstClockTime pts = GST_BUFFER_PTS(frame);
  gst_pad_push_event(impl.src,
                     gst_event_new_gap(GST_CLOCK_TIME_IS_VALID(pts) ? pts : 0,
                                       GST_BUFFER_DURATION(frame)));
}

static GstFlowReturn drain(Impl &impl) {
  if (impl.regions) impl.regions->drain();
  const GstFlowReturn flow = push_ended(impl, G_MAXINT64);
  impl.forget_run();
  return flow;
}

static GstFlowReturn take_frame(Impl &impl, GstBuffer *frame) {
  const auto &meta = sonar::frame::require_spectrogram(frame, impl.info);
  const auto &mask = sonar::frame::require_mask(frame, impl.info);
  const auto &signature =
      sonar::table::require_signature(frame, meta, "signaturetable");
  GstFlowReturn flow = begin_table(impl);
  if (flow == GST_FLOW_OK && GST_BUFFER_IS_DISCONT(frame)) flow = drain(impl);
  if (flow != GST_FLOW_OK) return flow;
  break_silence(impl, frame);
  impl.analysis = sonar::table::Analysis(meta, mask, signature);
  if (!impl.utc)
    impl.utc.emplace(impl.analysis.columns_per_second(), kClockToleranceNs);
  const gint64 newest = gint64(meta.valid_end) - meta.new_columns;
  impl.utc->put(meta.first_column + newest,
                sonar::frame::column_utc(meta, double(newest)), true);
  if (impl.tonals)
    impl.tonals->put(signature, mask, impl.analysis);
  else
    impl.regions->put(
        {meta, mask, signature,
         sonar::frame::read_values(
             signature.original ? signature.original : frame, impl.info, meta)},
        impl.analysis);
  return push_ended(impl, meta.first_column);
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
      g_autoptr(GstCaps) text =
          gst_caps_new_empty_simple(caps_name(impl.snapshot().format));
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
        if (ended && segment) begin_table(impl);
        impl.silent = true;
        return true;
      });
      if (!drained) break;
      return gst_pad_event_default(pad, parent, event);
    }
    case GST_EVENT_FLUSH_STOP:
      impl.forget_run();
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
  /**
   * GstSignatureTable:format:
   *
   * How rows are written.
   */
  properties.add(
      g_param_spec_enum("format", "Format", "How rows are written",
                        format_get_type(), int(RecordFormat::kCsv),
                        sonar::changeable(GST_PARAM_MUTABLE_READY)),
      [](Settings & s) -> auto & { return s.format; });
  properties.install(object_class);
  gst_type_mark_as_plugin_api(format_get_type(), GstPluginAPIFlags(0));
  gst_type_mark_as_plugin_api(rows_get_type(), GstPluginAPIFlags(0));

  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Signature table", "Filter/Analyzer/Video",
      "Writes the tonal regions of signatures as a table",
      "gst-sonar developers");
}
