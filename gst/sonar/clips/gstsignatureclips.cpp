/* SPDX-License-Identifier: GPL-2.0-or-later */
/**
 * SECTION:element-signatureclips
 * @short_description: writes audio clips around what was detected
 *
 * Takes the audio at full rate on its pad `audio` and the frames of
 * signatureextract on its pad `sink`, and writes a WAV or FLAC file for each
 * stretch in which there are regions of a signature, with
 * #GstSignatureClips:pre-roll before and #GstSignatureClips:post-roll after it;
 * stretches that touch are one clip. Samples are those that came, bit by bit.
 *
 * Each file that is whole is told by an element message `sonar-clip`, and by a
 * line of JSON in `clips.jsonl` in the same folder.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -e filesrc location=ship.wav ! decodebin ! tee name=t
 *   t. ! queue ! audioconvert ! audioresample !
 *   sonarspectrogram model=hydrophone ! specnnclassify model=hydrophone !
 *   scorecammask ! signatureextract ! signatureclips name=clips location=clips
 *   t. ! queue ! clips.audio
 * ]|
 */
#include "gstsignatureclips.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cliprecorder.h"
#include "clipsinput.h"
#include "common/border.h"
#include "common/frame.h"
#include "common/properties.h"
#include "sonar/core/utc.h"
#include "time/audiotime.h"

GST_DEBUG_CATEGORY_STATIC(signature_clips_debug);
#define GST_CAT_DEFAULT signature_clips_debug

using sonar::Errc;
using sonar::Error;
using sonar::clips::FileFormat;
using sonar::clips::Finished;
using sonar::clips::Recorder;

#define CLIPS_AUDIO_CAPS                                             \
  "audio/x-raw, format = { S16LE, S24LE, S24_32LE, S32LE, F32LE }, " \
  "layout = interleaved, rate = [ 1, MAX ], channels = [ 1, MAX ]"

namespace {

struct Settings {
  std::string location, classes;
  FileFormat format = FileFormat::kWav;
  double pre_roll = 2, post_roll = 2, max_duration = 300;
  guint max_memory = 256, min_region = 16;
};

sonar::Properties<Settings> properties;  // filled by class_init

struct Impl {
  std::mutex lock;
  Settings settings;                         // guarded by lock
  GstPad *audio = nullptr, *sink = nullptr;  // owned by the element
  std::mutex recording;  // taken by both ends; guards what follows
  std::unique_ptr<Recorder> recorder;
  bool failed = false;
  bool warned = false;   // that audio was dropped
  GstSegment segment{};  // of the audio
  std::optional<sonar::AudioTime> time;
  GstAudioInfo audio_info{};
  GstVideoInfo frame_info{};

  Settings snapshot() {
    std::lock_guard<std::mutex> hold(lock);
    return settings;
  }
};

GType format_get_type() {
  static const GEnumValue values[] = {
      {int(FileFormat::kWav), "WAV", "wav"},
      {int(FileFormat::kFlac), "FLAC, up to 24 bits", "flac"},
      {0, nullptr, nullptr}};
  static const GType type =
      g_enum_register_static("GstSignatureClipsFormat", values);
  return type;
}

GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE(
    "audio", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(CLIPS_AUDIO_CAPS));
GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE(
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(SONAR_GRAY_CAPS));

}  // namespace

struct _GstSignatureClips {
  GstBin parent;
  Impl *impl;  // owned: new in _init, deleted in _finalize
};

G_DEFINE_TYPE_WITH_CODE(GstSignatureClips, gst_signature_clips, GST_TYPE_BIN,
                        GST_DEBUG_CATEGORY_INIT(signature_clips_debug,
                                                "signatureclips", 0,
                                                "audio clips of detections"))
GST_ELEMENT_REGISTER_DEFINE(signatureclips, "signatureclips", GST_RANK_NONE,
                            GST_TYPE_SIGNATURE_CLIPS)

/* Messages */

static std::string iso(std::int64_t utc_ns) {
  return utc_ns == sonar::clips::kNoUtc ? std::string()
                                        : sonar::utc::format_iso8601(utc_ns);
}

static void post_clip(GstSignatureClips *self, const GstSegment &segment,
                      const Finished &clip) {
  std::string regions;
  for (const auto &detection : clip.detections)
    if (detection.id)
      regions += (regions.empty() ? "" : ",") + std::to_string(detection.id);
  GstStructure *fields = gst_structure_new(
      "sonar-clip", "location", G_TYPE_STRING, clip.path.c_str(), "id",
      G_TYPE_UINT64, guint64(clip.id), "part", G_TYPE_UINT, clip.part, "label",
      G_TYPE_STRING, clip.label.c_str(), "score", G_TYPE_DOUBLE, clip.score,
      "regions", G_TYPE_STRING, regions.c_str(), "samples", G_TYPE_UINT64,
      guint64(clip.frames), nullptr);
  if (clip.begin_utc_ns != sonar::clips::kNoUtc)
    gst_structure_set(fields, "utc", G_TYPE_STRING,
                      iso(clip.begin_utc_ns).c_str(), "end-utc", G_TYPE_STRING,
                      iso(clip.end_utc_ns).c_str(), nullptr);
  sonar::frame::post_message(GST_ELEMENT(self), segment, clip.begin_ns,
                             clip.end_ns, fields);
}

static void warn_of_dropped(GstSignatureClips *self, guint max_memory) {
  GST_ELEMENT_WARNING(
      self, RESOURCE, NO_SPACE_LEFT,
      ("Audio was dropped before its frames came: more than max-memory=%u MiB "
       "of it would have to be held. Clips may begin later than their "
       "detections or be in parts; raise max-memory, or make the frames come "
       "sooner.",
       max_memory),
      (nullptr));
}

/* Runs @p body on the recorder and tells what came of it, once the lock is
 * free; after a failure nothing more happens and nothing more is said. */
static bool with_recorder(GstSignatureClips *self,
                          const std::function<void()> &body) {
  Impl &impl = *self->impl;
  return sonar::border::guard(GST_ELEMENT(self), false, [&] {
    std::vector<Finished> finished;
    GstSegment segment;
    bool warn = false;
    {
      std::lock_guard<std::mutex> hold(impl.recording);
      if (!impl.recorder || impl.failed) return false;
      impl.failed = true;
      body();
      impl.failed = false;
      finished = impl.recorder->take_finished();
      segment = impl.segment;
      warn = impl.recorder->take_dropped() > 0 && !impl.warned;
      impl.warned = impl.warned || warn;
    }
    for (const Finished &clip : finished) post_clip(self, segment, clip);
    if (warn) warn_of_dropped(self, impl.snapshot().max_memory);
    return true;
  });
}

/* Audio */

static void require_linked(GstPad *pad, const char *what) {
  if (gst_pad_is_linked(pad)) return;
  throw Error(Errc::kBadArgument,
              std::string("The pad ") + GST_PAD_NAME(pad) +
                  " of signatureclips is not linked; it needs " + what + ".");
}

static void take_audio_caps(Impl &impl, GstCaps *caps) {
  if (!gst_audio_info_from_caps(&impl.audio_info, caps))
    throw Error(Errc::kBadArgument,
                "signatureclips does not understand the audio's caps.");
  impl.recorder->set_audio(impl.audio_info);
  impl.time.emplace(impl.audio_info.rate);
}

static void break_audio(Impl &impl) {
  impl.recorder->break_audio();
  if (impl.time) impl.time->restart();
}

static void take_audio(Impl &impl, GstBuffer *buffer,
                       const GstSegment &segment) {
  sonar::require_time(segment, "signatureclips");
  impl.segment = segment;
  const auto frame_bytes = gsize(GST_AUDIO_INFO_BPF(&impl.audio_info));
  g_autoptr(GstBuffer) inside =
      gst_audio_buffer_clip(gst_buffer_ref(buffer), &segment,
                            impl.audio_info.rate, gint(frame_bytes));
  if (!inside) return;
  const sonar::AudioMap map(inside);
  const gsize frames = map.size() / frame_bytes;
  if (impl.time->breaks_at(inside, guint(frames))) impl.recorder->break_audio();
  // audio without time stamps begins at zero
  const GstClockTime begin = impl.time->begin();
  impl.recorder->put_audio(GST_CLOCK_TIME_IS_VALID(begin) ? gint64(begin) : 0,
                           map.data(), frames);
}

/* The audio holds the pipeline's state, as a sink does, and the frames do not:
 * the first frame comes only after much audio has gone by, more than the queue
 * of a branch that waits for it would take. */
static sonar::clips::InputCalls audio_calls(GstSignatureClips *self) {
  Impl &impl = *self->impl;
  return {CLIPS_AUDIO_CAPS,
          true,
          [&impl](GstCaps *caps) { take_audio_caps(impl, caps); },
          [] {},
          [&impl](GstBuffer *buffer, const GstSegment &segment) {
            take_audio(impl, buffer, segment);
          },
          [&impl] { break_audio(impl); },
          [&impl] {
            impl.recorder->flush_audio();
            if (impl.time) impl.time->restart();
          },
          [&impl] {
            require_linked(impl.sink, "the frames of signatureextract");
            break_audio(impl);
            impl.recorder->end_audio();
          },
          [self](const auto &body) { return with_recorder(self, body); }};
}

/* Frames */

static sonar::clips::InputCalls frame_calls(GstSignatureClips *self) {
  Impl &impl = *self->impl;
  const auto require_audio = [&impl] {
    require_linked(impl.audio, "the audio that clips are cut from");
  };
  return {SONAR_GRAY_CAPS,
          false,
          [&impl](GstCaps *caps) {
            if (!gst_video_info_from_caps(&impl.frame_info, caps))
              throw Error(Errc::kBadArgument,
                          "signatureclips does not understand the frames' "
                          "caps.");
            impl.recorder->break_frames();
          },
          require_audio,
          [&impl](GstBuffer *buffer, const GstSegment &) {
            if (GST_BUFFER_IS_DISCONT(buffer)) impl.recorder->break_frames();
            impl.recorder->put_frame(buffer, impl.frame_info);
          },
          [&impl] { impl.recorder->break_frames(); },
          [&impl] { impl.recorder->flush_frames(); },
          [&impl, require_audio] {
            require_audio();
            impl.recorder->end_frames();
          },
          [self](const auto &body) { return with_recorder(self, body); }};
}

/* States */

static std::int64_t ns(double seconds) {
  return std::int64_t(seconds * 1e9 + 0.5);
}

static bool start(GstSignatureClips *self) {
  Impl &impl = *self->impl;
  return sonar::border::guard(GST_ELEMENT(self), false, [&] {
    const Settings s = impl.snapshot();
    auto recorder = std::make_unique<Recorder>(sonar::clips::Options{
        s.location, s.format, ns(s.pre_roll), ns(s.post_roll),
        ns(s.max_duration), std::size_t(s.max_memory) << 20, s.min_region,
        s.classes});
    std::lock_guard<std::mutex> hold(impl.recording);
    impl.recorder = std::move(recorder);
    impl.failed = impl.warned = false;
    impl.time.reset();
    gst_segment_init(&impl.segment, GST_FORMAT_UNDEFINED);
    return true;
  });
}

static void stop(GstSignatureClips *self) {
  Impl &impl = *self->impl;
  with_recorder(self, [&] { impl.recorder->stop(); });
  std::lock_guard<std::mutex> hold(impl.recording);
  impl.recorder.reset();
}

static GstStateChangeReturn gst_signature_clips_change_state(
    GstElement *element, GstStateChange change) {
  auto *self = GST_SIGNATURE_CLIPS(element);
  if (change == GST_STATE_CHANGE_READY_TO_PAUSED && !start(self))
    return GST_STATE_CHANGE_FAILURE;
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_signature_clips_parent_class)
          ->change_state(element, change);
  if (change == GST_STATE_CHANGE_PAUSED_TO_READY) stop(self);
  return result;
}

/* Lifecycle */

static void gst_signature_clips_finalize(GObject *object) {
  delete GST_SIGNATURE_CLIPS(object)->impl;
  G_OBJECT_CLASS(gst_signature_clips_parent_class)->finalize(object);
}

static GstPad *add_input(GstSignatureClips *self, GstElement *input,
                         const char *name) {
  gst_bin_add(GST_BIN(self), input);
  g_autoptr(GstPad) target = gst_element_get_static_pad(input, "sink");
  GstPad *pad = gst_ghost_pad_new_from_template(
      name, target,
      gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(self), name));
  gst_element_add_pad(GST_ELEMENT(self), pad);
  return pad;
}

static void gst_signature_clips_init(GstSignatureClips *self) {
  self->impl = new Impl;
  Impl &impl = *self->impl;
  impl.sink = add_input(
      self, sonar::clips::new_input("frames", frame_calls(self)), "sink");
  impl.audio = add_input(
      self, sonar::clips::new_input("audio", audio_calls(self)), "audio");
}

static void gst_signature_clips_class_init(GstSignatureClipsClass *klass) {
  auto *object_class = G_OBJECT_CLASS(klass);
  auto *element_class = GST_ELEMENT_CLASS(klass);
  const GParamFlags flags = sonar::changeable(GST_PARAM_MUTABLE_READY);

  object_class->set_property =
      sonar::set_property<GstSignatureClips, properties>;
  object_class->get_property =
      sonar::get_property<GstSignatureClips, properties>;
  object_class->finalize = gst_signature_clips_finalize;
  element_class->change_state = gst_signature_clips_change_state;

  /**
   * GstSignatureClips:location:
   *
   * Folder that clips are written to; it must be there.
   */
  properties.add(
      g_param_spec_string("location", "Location",
                          "Folder that clips are written to", nullptr, flags),
      [](Settings & s) -> auto & { return s.location; });
  /**
   * GstSignatureClips:format:
   *
   * Kind of file.
   */
  properties.add(
      g_param_spec_enum("format", "Format", "Kind of file", format_get_type(),
                        int(FileFormat::kWav), flags),
      [](Settings & s) -> auto & { return s.format; });
  /**
   * GstSignatureClips:pre-roll:
   *
   * Seconds before a detection's begin that its clip begins.
   */
  properties.add(
      g_param_spec_double("pre-roll", "Pre-roll",
                          "Seconds of audio before a detection", 0, 3600,
                          Settings{}.pre_roll, flags),
      [](Settings & s) -> auto & { return s.pre_roll; });
  /**
   * GstSignatureClips:post-roll:
   *
   * Seconds after a detection's end that its clip ends.
   */
  properties.add(
      g_param_spec_double("post-roll", "Post-roll",
                          "Seconds of audio after a detection", 0, 3600,
                          Settings{}.post_roll, flags),
      [](Settings & s) -> auto & { return s.post_roll; });
  /**
   * GstSignatureClips:max-duration:
   *
   * Seconds after which a clip goes on in another file, without a sample lost.
   */
  properties.add(
      g_param_spec_double("max-duration", "Longest file",
                          "Seconds after which a clip goes on in another file; "
                          "0 = what the format can hold",
                          0, 86400, Settings{}.max_duration, flags),
      [](Settings & s) -> auto & { return s.max_duration; });
  /**
   * GstSignatureClips:max-memory:
   *
   * Audio that waits for its frames; beyond that the oldest is dropped.
   */
  properties.add(
      g_param_spec_uint("max-memory", "Most memory",
                        "MiB of audio that may wait for its frames; beyond "
                        "that the oldest is dropped, with a warning",
                        1, 1 << 20, Settings{}.max_memory, flags),
      [](Settings & s) -> auto & { return s.max_memory; });
  /**
   * GstSignatureClips:min-region:
   *
   * Pixels a region must have to be a detection, as in signaturetable.
   */
  properties.add(
      g_param_spec_uint("min-region", "Smallest region",
                        "Pixels a region must have, over all frames it "
                        "crosses, to be a detection",
                        0, G_MAXUINT, Settings{}.min_region, flags),
      [](Settings & s) -> auto & { return s.min_region; });
  /**
   * GstSignatureClips:classes:
   *
   * Classes of which regions are detections.
   */
  properties.add(
      g_param_spec_string("classes", "Classes",
                          "Classes whose regions are detections, with commas; "
                          "none = all",
                          nullptr, flags),
      [](Settings & s) -> auto & { return s.classes; });
  properties.install(object_class);
  gst_type_mark_as_plugin_api(format_get_type(), GstPluginAPIFlags(0));

  gst_element_class_add_static_pad_template(element_class, &audio_template);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_set_static_metadata(
      element_class, "Signature clips", "Sink/File/Audio",
      "Writes audio clips around the regions of signatures",
      "gst-sonar developers");
}
