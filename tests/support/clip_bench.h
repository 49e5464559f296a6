/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <sndfile.h>

#include <filesystem>
#include <memory>

#include "meta/gstsonarsignaturemeta.h"
#include "support/folder.h"
#include "support/tiny_frames.h"

/* What the tests of signatureclips share. At 64 kHz a column of the tiny frames
 * is 1000 samples, and column c spans (c + 1/2) to (c + 3/2) thousand. */
namespace sonar::testing {

constexpr int kClipRate = 64000;

/** Half-open stretches of columns. */
using Columns = std::vector<std::pair<gint64, gint64>>;

/** What a frame of the stream is like. */
struct ClipFrame {
  gint64 first = 0;  ///< its first column
  const char *label = "low";
  gint64 utc0 = G_MININT64;
  bool discont = false;
  gint64 origin = 0;  ///< columns of time before column 0
};

/** A frame in which row 6 is kept in @p heard. */
inline GstBuffer *clip_frame(const Columns &heard, const ClipFrame &o = {}) {
  FrameOptions options;
  options.first_column = o.first;
  options.utc0 = o.utc0;
  options.discont = o.discont;
  options.origin = o.origin;
  Image mask(kTiny, kTiny), value(kTiny, kTiny, 1);
  std::vector<guint8> kept(kTiny * kTiny, 0);
  for (const auto &[begin, end] : heard)
    for (gint64 c = MAX(begin, o.first); c < MIN(end, o.first + kTiny); ++c) {
      const auto x = gsize(c - o.first);
      mask.at(6, x) = 1;
      value.at(6, x) = 10;
      kept[6 * kTiny + x] = 1;
    }
  GstBuffer *frame = tiny_frame(value, Image(kTiny, kTiny, -60), options);
  add_tiny_mask(frame, mask, true, o.label);
  GstSonarSignatureMeta content{};
  content.threshold = 0.5f;
  content.width = content.height = kTiny;
  g_autoptr(GBytes) bytes = g_bytes_new(kept.data(), kept.size());
  content.kept = bytes;
  fail_unless(gst_buffer_add_sonar_signature_meta(frame, &content) != nullptr);
  return frame;
}

/** An active pad that is linked to @p name of @p element and has sent the start
 *  of a stream of @p caps. A harness would not do: it takes no sink that waits
 *  for its first buffer. */
inline GstPad *new_source(GstElement *element, const char *name,
                          const std::string &caps_text) {
  GstPad *source = gst_pad_new(name, GST_PAD_SRC);
  g_autoptr(GstPad) sink = gst_element_get_static_pad(element, name);
  gst_pad_set_active(source, TRUE);
  fail_unless_equals_int(gst_pad_link(source, sink), GST_PAD_LINK_OK);
  gst_pad_push_event(source, gst_event_new_stream_start(name));
  g_autoptr(GstCaps) caps = gst_caps_from_string(caps_text.c_str());
  gst_pad_push_event(source, gst_event_new_caps(caps));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(source, gst_event_new_segment(&segment));
  return source;
}

/** signatureclips with a source on each pad; it plays with the first audio. */
class ClipBench {
 public:
  explicit ClipBench(const std::string &settings,
                     const std::string &audio_format = "S16LE",
                     int channels = 2)
      : bus_(gst_bus_new()) {
    GstElement *element = gst_parse_launch(
        ("signatureclips min-region=1 " + settings).c_str(), nullptr);
    ck_assert_msg(element, "no element from: %s", settings.c_str());
    element_ = GST_ELEMENT(gst_object_ref_sink(element));
    gst_element_set_bus(element_, bus_);
    fail_unless_equals_int(gst_element_set_state(element_, GST_STATE_PLAYING),
                           GST_STATE_CHANGE_ASYNC);
    audio_ = new_source(element_, "audio", caps_of(audio_format, channels));
    frames_ = new_source(element_, "sink", kTinyCaps);
  }
  ~ClipBench() {
    end_element();
    const auto left = pop_errors(bus_);
    ck_assert_msg(left.empty(), "left on the bus: %s", texts_of(left).c_str());
    gst_object_unref(bus_);
  }
  ClipBench(const ClipBench &) = delete;
  ClipBench &operator=(const ClipBench &) = delete;

  /** To NULL, as when the application stops. */
  void end_element() {
    if (!element_) return;
    gst_element_set_state(element_, GST_STATE_NULL);
    gst_element_set_bus(element_, nullptr);
    for (GstPad **pad : {&audio_, &frames_}) {
      gst_pad_set_active(*pad, FALSE);
      gst_clear_object(pad);
    }
    gst_clear_object(&element_);
  }
  /** Another format from here on. */
  void set_audio(const std::string &format, int channels) {
    g_autoptr(GstCaps) caps =
        gst_caps_from_string(caps_of(format, channels).c_str());
    gst_pad_push_event(audio_, gst_event_new_caps(caps));
  }

  gsize frame_bytes() const { return gsize(bytes_ * channels_); }
  /** Frames [@p begin, @p end) of @p audio, with their time. */
  GstFlowReturn push_audio(const std::vector<guint8> &audio, gint64 begin,
                           gint64 end, bool discont = false,
                           gint64 time_frame = -1) {
    GstBuffer *buffer =
        gst_buffer_new_memdup(audio.data() + gsize(begin) * frame_bytes(),
                              gsize(end - begin) * frame_bytes());
    GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(
        guint64(time_frame < 0 ? begin : time_frame), GST_SECOND, kClipRate);
    if (discont) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    return gst_pad_push(audio_, buffer);
  }
  GstFlowReturn push_frame(GstBuffer *frame) {
    return gst_pad_push(frames_, frame);
  }
  /** Frames of 16 columns up to column @p end. */
  void push_frames(const Columns &heard, gint64 end, ClipFrame options = {}) {
    for (gint64 first = options.first; first < end; first += kTiny) {
      options.first = first;
      fail_unless_equals_int(push_frame(clip_frame(heard, options)),
                             GST_FLOW_OK);
      options.discont = false;
    }
  }
  void end_audio() { gst_pad_push_event(audio_, gst_event_new_eos()); }
  void end_frames() { gst_pad_push_event(frames_, gst_event_new_eos()); }

  GstPad *audio() const { return audio_; }
  GstPad *frames() const { return frames_; }
  GstBus *bus() const { return bus_; }
  PostedError one_error() const { return pop_one_error(bus_); }

 private:
  std::string caps_of(const std::string &format, int channels) {
    channels_ = channels;
    bytes_ = format == "S16LE" ? 2 : format == "S24LE" ? 3 : 4;
    return "audio/x-raw, layout=interleaved, format=" + format +
           ", channels=" + std::to_string(channels) +
           (channels > 1 ? ", channel-mask=(bitmask)0x3" : "") +
           ", rate=" + std::to_string(kClipRate);
  }

  GstBus *bus_;
  GstElement *element_ = nullptr;
  GstPad *audio_ = nullptr, *frames_ = nullptr;
  int bytes_ = 2, channels_ = 2;
};

/** Bytes at random of @p frames frames. */
inline std::vector<guint8> random_audio(gsize frames, gsize frame_bytes) {
  std::vector<guint8> bytes(frames * frame_bytes);
  guint64 state = 99;
  for (guint8 &byte : bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = guint8(state >> 56);
  }
  return bytes;
}

/** A file's samples as 32-bit integers (or the bits of floats) in @p info's
 *  channels. */
inline std::vector<gint32> samples_of(const std::filesystem::path &path,
                                      SF_INFO &info) {
  info = {};
  SNDFILE *file = sf_open(path.c_str(), SFM_READ, &info);
  ck_assert_msg(file, "%s: %s", path.c_str(), sf_strerror(nullptr));
  std::vector<gint32> samples(gsize(info.frames * info.channels));
  const auto count = sf_count_t(samples.size());
  const bool is_float = (info.format & SF_FORMAT_SUBMASK) == SF_FORMAT_FLOAT;
  const sf_count_t got =
      is_float ? sf_read_float(file, reinterpret_cast<float *>(samples.data()),
                               count)
               : sf_read_int(file, samples.data(), count);
  fail_unless_equals_int64(got, count);
  sf_close(file);
  return samples;
}

/** Names in a folder, in order, without the index. */
inline std::vector<std::string> clips_in(const std::filesystem::path &folder) {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename() != "clips.jsonl")
      names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

/* Samples as a file of the format has them. */
inline std::vector<gint32> expected(const std::vector<guint8> &audio,
                                    const std::string &format, int channels,
                                    gint64 begin, gint64 end) {
  std::vector<gint32> out;
  const gsize bytes = format == "S16LE" ? 2 : format == "S24LE" ? 3 : 4;
  for (gint64 i = begin * channels; i < end * channels; ++i) {
    const guint8 *at = audio.data() + gsize(i) * bytes;
    if (bytes == 2)
      out.push_back(gint32(guint32(GST_READ_UINT16_LE(at)) << 16));
    else if (bytes == 3)
      out.push_back(gint32(guint32(GST_READ_UINT24_LE(at)) << 8));
    else if (format == "S24_32LE")
      out.push_back(gint32(GST_READ_UINT32_LE(at) << 8));
    else
      out.push_back(gint32(GST_READ_UINT32_LE(at)));
  }
  return out;
}

inline std::string at(const std::string &settings = "") {
  return "location=" + folder.string() + " " + settings;
}

/* Frames [begin, end) of the audio and nothing else is in the file. */
inline void assert_clip(const std::string &name,
                        const std::vector<guint8> &audio, gint64 begin,
                        gint64 end, const std::string &format = "S16LE",
                        int channels = 2) {
  SF_INFO info;
  const auto got = samples_of(folder / name, info);
  fail_unless_equals_int(info.channels, channels);
  fail_unless_equals_int(info.samplerate, kClipRate);
  fail_unless_equals_int64(info.frames, end - begin);
  fail_unless(got == expected(audio, format, channels, begin, end),
              "%s is not frames %d to %d", name.c_str(), int(begin), int(end));
}

inline void assert_names(const std::vector<std::string> &want) {
  const auto got = clips_in(folder);
  std::string all;
  for (const std::string &name : got) all += name + " ";
  fail_unless(got == want, "got %s", all.c_str());
}

}  // namespace sonar::testing
