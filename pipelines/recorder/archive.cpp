/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "archive.h"

#include <algorithm>

#include "flac_file.h"
#include "sonar/core/error.h"

namespace sonar::recorder {

namespace {

// what a disk may fall behind: two minutes of it, within reason
constexpr std::uint64_t kBehindSeconds = 120;
constexpr std::uint64_t kLeastBehind = 32u << 20, kMostBehind = 512u << 20;

/* FLAC says which loudspeaker a channel is for; of hydrophones it is untrue,
 * whatever it says, and flacenc refuses any other mask. Its order of seven
 * channels is not GStreamer's. */
constexpr guint64 kFlacMasks[] = {0, 0, 0x3, 0x7, 0x33, 0x37, 0x3f, 0, 0xc3f};

std::string shape(const GstAudioInfo &info, const char *format,
                  guint64 channel_mask) {
  std::string caps = std::string("audio/x-raw,layout=interleaved,format=") +
                     format + ",rate=" + std::to_string(info.rate) +
                     ",channels=" + std::to_string(info.channels);
  if (info.channels > 1) {
    g_autofree gchar *mask = g_strdup_printf(
        ",channel-mask=(bitmask)0x%" G_GINT64_MODIFIER "x", channel_mask);
    caps += mask;
  }
  return caps;
}

std::string describe(const Options &o, const SoundFile &file) {
  std::string text = "appsrc name=in format=time max-bytes=0 ! ";
  text += "audioconvert dithering=none noise-shaping=none ! ";
  text += "capsfilter name=samples caps=" + quoted(file.caps);
  text += " splitmuxsink name=files max-size-time=";
  return text + std::to_string(o.fragment_seconds) + "000000000";
}

/* The channels of the appsrc's caps as the file will have them: nothing is
 * mixed on the way. */
GstCaps *incoming(const GstAudioInfo &info, const SoundFile &file) {
  GstCaps *caps = gst_caps_from_string(file.caps.c_str());
  gst_caps_set_simple(caps, "format", G_TYPE_STRING,
                      gst_audio_format_to_string(info.finfo->format), nullptr);
  return caps;
}

}  // namespace

SoundFile choose_sound_file(const GstAudioInfo &info, bool matroska) {
  const auto *format = info.finfo;
  const bool floating = GST_AUDIO_FORMAT_INFO_IS_FLOAT(format);
  const int depth = GST_AUDIO_FORMAT_INFO_DEPTH(format);
  const char *pcm = floating      ? (depth > 32 ? "F64LE" : "F32LE")
                    : depth <= 16 ? "S16LE"
                    : depth <= 24 ? "S24LE"
                                  : "S32LE";
  const bool flac = !matroska && !floating && depth <= 24 &&
                    info.channels <= 8 && info.channels != 7 &&
                    info.rate <= 655350;
  if (flac) return {"flac", shape(info, pcm, kFlacMasks[info.channels])};
  return {"mkv", shape(info, pcm, info.channels == 2 ? 0x3 : 0)};
}

void prepare_files(Pipeline &pipeline, const char *from, const char *pad,
                   GstElement *muxer) {
  GstElement *sink = gst_element_factory_make("filesink", nullptr);
  if (!muxer || !sink)
    throw Error(Errc::kNotFound,
                "GStreamer lacks a muxer or filesink; install its good "
                "plugins.");
  // what a file has reaches the kernel at once
  gst_util_set_object_arg(G_OBJECT(sink), "buffer-mode", "unbuffered");
  const ElementPtr files = pipeline.find("files"), last = pipeline.find(from);
  g_object_set(files.get(), "muxer", muxer, "sink", sink, nullptr);
  // its pads are the muxer's, which it has only now
  if (!gst_element_link_pads(last.get(), "src", files.get(), pad))
    throw Error(Errc::kResource,
                "The muxer of the files does not take the "
                "stream.");
}

Archive::Archive(const Options &options, const GstAudioInfo &info,
                 const Fragments &fragments, DiskSync &disk, Closed closed)
    : fragments_(fragments),
      disk_(disk),
      closed_(std::move(closed)),
      file_(choose_sound_file(info, options.matroska)),
      limit_bytes_(std::clamp(
          kBehindSeconds * std::uint64_t(info.rate) * std::uint64_t(info.bpf),
          kLeastBehind, kMostBehind)),
      pipeline_(describe(options, file_), "The recording of sound"),
      in_(pipeline_.find("in")) {
  GstElement *muxer =
      file_.suffix == "flac"
          ? GST_ELEMENT(g_object_new(GST_TYPE_SONAR_FLAC_FILE, nullptr))
          : gst_element_factory_make("matroskamux", nullptr);
  const ElementPtr files = pipeline_.find("files");
  g_signal_connect(files.get(), "format-location-full", G_CALLBACK(name_file),
                   this);
  prepare_files(pipeline_, "samples", "audio_%u", muxer);
  g_autoptr(GstCaps) caps = incoming(info, file_);
  g_object_set(in_.get(), "caps", caps, nullptr);
  pipeline_.on_message = [this](GstMessage *m) { take_message(m); };
  pipeline_.play();
}

// before what its threads use goes
Archive::~Archive() { pipeline_.stop(); }

void Archive::push(GstBuffer *buffer) {
  auto *in = GST_APP_SRC(in_.get());
  if (gst_app_src_get_current_level_bytes(in) > limit_bytes_) {
    gst_buffer_unref(buffer);
    pipeline_.fail(
        "the disk does not take the sound as fast as it comes; give a faster "
        "folder");
    return;
  }
  gst_app_src_push_buffer(in, buffer);
}

bool Archive::is_behind() const {
  auto *in = GST_APP_SRC(in_.get());
  return gst_app_src_get_current_level_bytes(in) > limit_bytes_ / 2 &&
         error().empty();
}

void Archive::finish() { gst_app_src_end_of_stream(GST_APP_SRC(in_.get())); }

/* In splitmuxsink's thread. */
gchar *Archive::name_file(GstElement *, guint, GstSample *first,
                          gpointer data) {
  auto &self = *static_cast<Archive *>(data);
  GstBuffer *buffer = first ? gst_sample_get_buffer(first) : nullptr;
  const std::int64_t number =
      buffer ? self.fragments_.number_at(GST_BUFFER_PTS(buffer)) : 0;
  const std::string path = self.fragments_.path(number, self.file_.suffix);
  {
    std::lock_guard<std::mutex> hold(self.lock_);
    self.open_[path] = number;
  }
  self.disk_.add(path);
  return g_strdup(path.c_str());
}

void Archive::take_message(GstMessage *message) {
  const GstStructure *about = gst_message_get_structure(message);
  if (!about || !gst_structure_has_name(about, "splitmuxsink-fragment-closed"))
    return;
  const std::string path = gst_structure_get_string(about, "location");
  std::int64_t number = 0;
  {
    std::lock_guard<std::mutex> hold(lock_);
    const auto found = open_.find(path);
    if (found == open_.end()) return;
    number = found->second;
    open_.erase(found);
  }
  disk_.finish(path);
  closed_(number, path);
}

}  // namespace sonar::recorder
