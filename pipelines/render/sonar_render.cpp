/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sonar-render: a recording in, a folder with its signatures out. */
#include <glib-unix.h>
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "results.h"
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"

namespace {

namespace fs = std::filesystem;
using sonar::Errc;
using sonar::Error;
using namespace sonar::pipelines;

struct Run {
  Options options;
  Findings findings;
  GstElement *pipeline = nullptr;
  GMainLoop *loop = nullptr;
  std::string error;
  bool interrupted = false;
  bool on_terminal = false;
};

std::string quoted(const std::string &text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string part(const fs::path &file) { return file.string() + ".part"; }

/* Encoder and muxer, the first that this machine has. */
struct Container {
  const char *suffix, *video, *sound, *mux;
  std::vector<const char *> needs;
};

const Container &choose_container() {
  static const Container containers[] = {
      {"mp4",
       "x264enc speed-preset=ultrafast trellis=false ! h264parse",
       "avenc_aac",
       "mp4mux",
       {"x264enc", "h264parse", "avenc_aac", "mp4mux"}},
      {"webm",
       "vp8enc deadline=1 cpu-used=8 target-bitrate=2000000",
       "opusenc",
       "webmmux",
       {"vp8enc", "opusenc", "webmmux"}},
  };
  for (const Container &c : containers) {
    const bool there =
        std::all_of(c.needs.begin(), c.needs.end(), [](const char *name) {
          g_autoptr(GstElementFactory) f = gst_element_factory_find(name);
          return f != nullptr;
        });
    if (there) return c;
  }
  throw Error(Errc::kNotFound,
              "No video encoder is installed; install GStreamer's ugly and "
              "libav plugins (x264enc, avenc_aac) or its good ones (vp8enc).");
}

fs::path video_path(const Options &o) {
  return fs::path(o.folder) /
         (std::string("overlay.") + choose_container().suffix);
}

std::string nanoseconds(double seconds) {
  return std::to_string(std::llround(1e9 * seconds));
}

/* "10-25", in seconds. */
void mark_contact(Options &o, const std::string &text) {
  double begin = 0, end = 0;
  int used = 0;
  if (std::sscanf(text.c_str(), "%lf-%lf%n", &begin, &end, &used) != 2 ||
      std::size_t(used) != text.size() ||
      !(begin >= 0 && end > begin && end < 1e9))
    throw CLI::ValidationError(
        "--contact",
        "got \"" + text + "\", needed begin-end in seconds, e.g. 10-25");
  o.contact_begin_s = begin;
  o.contact_end_s = end;
  if (o.mask_recipe.empty())
    o.mask_recipe = sonar::models::nick(sonar::models::MaskRecipe::kContact);
}

std::string describe_pipeline(const Options &o) {
  const auto settings =
      sonar::models::read_settings(sonar::models::resolve_model(o.model));
  const auto &recipe = settings.recipe;
  const int advance =
      o.fps > 0
          ? std::clamp(int(std::lround(1 / (o.fps * recipe.column_seconds()))),
                       1, recipe.width)
          : recipe.advance;
  const std::string model = quoted(o.model);
  g_autofree gchar *uri = gst_filename_to_uri(o.recording.c_str(), nullptr);
  if (!uri)
    throw Error(Errc::kBadArgument,
                "\"" + o.recording + "\" is no usable file name.");
  std::string text =
      "uridecodebin uri=" + quoted(uri) +
      " caps=audio/x-raw expose-all-streams=false ! tee name=sound"
      " sound. ! queue ! audioconvert ! audioresample !"
      " sonarspectrogram model=" +
      model + " advance=" + std::to_string(advance) + o.spectrogram +
      " ! specnnclassify model=" + model + " ! queue ! scorecammask";
  if (!o.mask_recipe.empty()) text += " recipe=" + o.mask_recipe;
  if (o.contact_begin_s)
    text += " contact-begin=" + nanoseconds(*o.contact_begin_s) +
            " contact-end=" + nanoseconds(o.contact_end_s);
  if (o.explain) text += " explain=true";
  if (o.explain_structures) text += " explain-structures=true";
  // columns newer than the last explanation have none: patches are large,
  // structures are not
  if (o.explain || o.explain_structures)
    text += " interval=" +
            std::to_string(std::max(
                1, recipe.width / ((o.explain_structures ? 8 : 2) * advance)));
  text += " ! signatureextract";
  if (o.threshold >= 0) {
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    text += std::string(" threshold=") +
            g_ascii_dtostr(number, sizeof number, o.threshold);
  }
  text +=
      " ! tee name=signature"
      " signature. ! queue ! signaturetable ! filesink buffer-mode=unbuffered "
      "location=" +
      quoted(part(fs::path(o.folder) / "signature.csv")) +
      " signature. ! queue ! appsink name=frames sync=false";
  if (o.video) {
    const Container &c = choose_container();
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    text += std::string(" signature. ! queue ! signatureoverlay history=") +
            g_ascii_dtostr(number, sizeof number, o.history_seconds) +
            " ! queue ! videoconvert ! video/x-raw,format=I420 ! " + c.video +
            " ! queue ! " + c.mux +
            " name=mux ! filesink location=" + quoted(part(video_path(o)));
    // the analysis holds sound back by a frame: the queue must not be full
    // before the first frame is there
    if (o.sound)
      text += std::string(
                  " sound. ! queue max-size-time=0 max-size-buffers=0 "
                  "max-size-bytes=0 ! audioconvert ! audioresample ! "
                  "audio/x-raw,rate=48000,channels=[1,2] ! ") +
              c.sound + " ! queue ! mux.";
  }
  return text;
}

/* Frames */

GstFlowReturn on_frame(GstAppSink *sink, gpointer data) {
  auto &findings = static_cast<Run *>(data)->findings;
  g_autoptr(GstSample) sample = gst_app_sink_pull_sample(sink);
  if (!sample) return GST_FLOW_EOS;
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)))
    return GST_FLOW_NOT_NEGOTIATED;
  try {
    take_frame(findings, gst_sample_get_buffer(sample), info);
  } catch (const std::exception &e) {
    findings.failure = e.what();
    return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

/* Running */

gboolean on_message(GstBus *, GstMessage *message, gpointer data) {
  auto &run = *static_cast<Run *>(data);
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    g_autoptr(GError) error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    if (run.error.empty()) run.error = error->message;
    g_main_loop_quit(run.loop);
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
    g_main_loop_quit(run.loop);
  }
  return G_SOURCE_CONTINUE;
}

/* Ctrl-C ends the recording where it is: the files so far are whole. */
gboolean on_interrupt(gpointer data) {
  auto &run = *static_cast<Run *>(data);
  if (run.interrupted) {  // the second time leaves at once
    run.error = "interrupted";
    g_main_loop_quit(run.loop);
  }
  run.interrupted = true;
  gst_element_send_event(run.pipeline, gst_event_new_eos());
  return G_SOURCE_CONTINUE;
}

gboolean on_tick(gpointer data) {
  auto &run = *static_cast<Run *>(data);
  gint64 position = 0, duration = 0;
  if (gst_element_query_position(run.pipeline, GST_FORMAT_TIME, &position) &&
      gst_element_query_duration(run.pipeline, GST_FORMAT_TIME, &duration) &&
      duration > 0)
    std::fprintf(stderr, "\r%3.0f %%",
                 100.0 * double(position) / double(duration));
  return G_SOURCE_CONTINUE;
}

void play(Run &run, const std::string &description) {
  g_autoptr(GError) error = nullptr;
  run.pipeline = gst_parse_launch(description.c_str(), &error);
  if (error) throw Error(Errc::kResource, error->message);
  g_autoptr(GstElement) sink =
      gst_bin_get_by_name(GST_BIN(run.pipeline), "frames");
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = on_frame;
  gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, &run, nullptr);
  run.loop = g_main_loop_new(nullptr, FALSE);
  g_autoptr(GstBus) bus = gst_element_get_bus(run.pipeline);
  gst_bus_add_watch(bus, on_message, &run);
  const guint interrupt = g_unix_signal_add(SIGINT, on_interrupt, &run);
  const guint tick = run.on_terminal ? g_timeout_add(200, on_tick, &run) : 0;
  if (gst_element_set_state(run.pipeline, GST_STATE_PLAYING) !=
      GST_STATE_CHANGE_FAILURE)
    g_main_loop_run(run.loop);
  g_autoptr(GstMessage) late = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  if (late) on_message(bus, late, &run);
  gst_element_set_state(run.pipeline, GST_STATE_NULL);
  if (tick) {
    g_source_remove(tick);
    std::fprintf(stderr, "\r");
  }
  g_source_remove(interrupt);
  gst_bus_remove_watch(bus);
  g_clear_pointer(&run.loop, g_main_loop_unref);
  gst_clear_object(&run.pipeline);
  if (!run.findings.failure.empty()) run.error = run.findings.failure;
  const std::string &name = run.options.recording;
  const bool heard = run.findings.timeline.has_value();
  if (!run.error.empty())
    throw Error(Errc::kResource,
                name + ": " + run.error +
                    (heard ? ""
                           : " Needed: a sound or video file that "
                             "GStreamer decodes."));
  if (!heard)
    throw Error(Errc::kBadArgument,
                name +
                    " holds no sound; needed: a sound or video file with at "
                    "least one sample that GStreamer decodes.");
  run.findings.timeline->finish();
  run.findings.tracks.finish();
}

/* Results */

void publish(const Options &o) {
  fs::rename(part(fs::path(o.folder) / "signature.csv"),
             fs::path(o.folder) / "signature.csv");
  if (o.video) fs::rename(part(video_path(o)), video_path(o));
}

void discard(const Options &o) noexcept {
  std::error_code ignored;
  fs::remove(part(fs::path(o.folder) / "signature.csv"), ignored);
  fs::remove(part(fs::path(o.folder) / "overlay.mp4"), ignored);
  fs::remove(part(fs::path(o.folder) / "overlay.webm"), ignored);
}

void check_recording(const std::string &path) {
  std::error_code problem;
  const auto status = fs::status(path, problem);
  if (!fs::exists(status))
    throw Error(Errc::kNotFound, path +
                                     " is not there; give the path of a "
                                     "recording.");
  if (fs::is_directory(status))
    throw Error(Errc::kBadArgument,
                path + " is a folder; give one recording in it.");
  if (fs::is_regular_file(status) && fs::file_size(path, problem) == 0)
    throw Error(Errc::kBadArgument,
                path + " is empty (0 bytes); give a recording with sound.");
}

void render(Run &run) {
  const Options &o = run.options;
  check_recording(o.recording);
  const std::string description = describe_pipeline(o);
  if (o.print_pipeline) {
    std::printf("gst-launch-1.0 %s\n", description.c_str());
    return;
  }
  std::error_code problem;
  fs::create_directories(o.folder, problem);
  if (problem)
    throw Error(Errc::kResource, "Cannot make the folder " + o.folder + ": " +
                                     problem.message() + ".");
  const auto begin = std::chrono::steady_clock::now();
  play(run, description);
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  write_figures(o, run.findings);
  write_tracks(o, run.findings);
  const auto summary =
      summarize(o, run.findings, part(fs::path(o.folder) / "signature.csv"),
                wall, run.interrupted);
  publish(o);
  sonar::write_file((fs::path(o.folder) / "summary.json").string(),
                    "the summary", summary.dump(1) + "\n");
  print_summary(summary, o);
}

/* Properties of sonarspectrogram that are flags here. */
void add_spectrogram_flags(CLI::App &app, Options &o) {
  const std::pair<const char *, const char *> flags[] = {
      {"sensitivity",
       "Sensitivity of the hydrophone in dB re 1 V/uPa, e.g. "
       "-180: levels become dB re 1 uPa"},
      {"gain", "Gain between hydrophone and converter in dB"},
      {"full-scale-voltage",
       "Peak voltage that gives the sample value 1, in V (default: 1)"},
      {"frequency-response",
       "CSV file of Hz and dB to be added to the sensitivity"},
      {"start-datetime",
       "When the recording begins, ISO 8601 in UTC or with "
       "its offset"},
      {"datetime-pattern",
       "How the recording's name holds its beginning in "
       "UTC, e.g. %Y%m%d_%H%M%S"},
  };
  for (const auto &[name, help] : flags)
    app.add_option_function<std::string>(
        std::string("--") + name,
        [&o, name = std::string(name)](const std::string &value) {
          o.spectrogram += " " + name + "=" + quoted(value);
        },
        help);
}

}  // namespace

int main(int argc, char **argv) {
  Run run;
  Options &o = run.options;
  CLI::App app{
      "Turns a recording into a video of its spectrogram with the signatures "
      "drawn on it, figures, a table of the signature's regions and a "
      "summary."};
  app.add_option("recording", o.recording,
                 "Sound or video file, anything GStreamer decodes")
      ->required();
  app.add_option("-o,--output", o.folder, "Folder for the results")
      ->capture_default_str();
  app.add_option("-m,--model", o.model,
                 "Model file, or the name of a shipped model")
      ->capture_default_str();
  app.add_option("--fps", o.fps,
                 "Frames a second of the video (default: the model's)")
      ->check(CLI::Range(0.01, 1000.0));
  app.add_option("--history", o.history_seconds,
                 "Seconds that a frame of the video reaches back")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  app.add_option("--threshold", o.threshold,
                 "Mask value from which a pixel is kept (default: the model's)")
      ->check(CLI::Range(0.0, 1.0));
  std::vector<std::string> recipes;
  for (const auto &info : sonar::models::mask_recipes())
    recipes.push_back(info.nick);
  app.add_option("--recipe", o.mask_recipe,
                 "How the mask is made (default: the model's)")
      ->check(CLI::IsMember(recipes));
  app.add_option_function<std::string>(
      "--contact", [&o](const std::string &text) { mark_contact(o, text); },
      "Seconds, e.g. 10-25, in which one contact dominates: its levels there "
      "gate what follows (recipe contact)");
  add_spectrogram_flags(app, o);
  app.add_flag("--explain", o.explain,
               "Also tint what speaks for and against the class");
  app.add_flag("--explain-structures", o.explain_structures,
               "Also outline strong lines, calls and clicks by what they say "
               "of the class");
  app.add_flag("!--no-sound", o.sound, "Leave the sound out of the video");
  app.add_flag("!--no-video", o.video, "Make no video");
  app.add_flag("--print-pipeline", o.print_pipeline,
               "Print the pipeline and do nothing");
  auto *truth = app.add_option("--truth", o.truth_folder,
                               "Folder of a synthetic set: score against it");
  app.add_option("--truth-name", o.truth_name, "Recording's name in that set")
      ->needs(truth);
  CLI11_PARSE(app, argc, argv);
  if (!o.truth_folder.empty() && o.truth_name.empty())
    o.truth_name = fs::path(o.recording).stem();
  run.on_terminal = isatty(2);
  gst_init(nullptr, nullptr);
  try {
    render(run);
  } catch (const std::exception &e) {
    discard(o);
    std::fprintf(stderr, "sonar-render: %s\n", e.what());
    return 1;
  }
  return run.interrupted ? 130 : 0;
}
