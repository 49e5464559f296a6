/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sonar-render: a recording in, a folder with its signatures out. */
#include <glib-unix.h>
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "common/frame.h"
#include "meta/gstsonarclassmeta.h"
#include "models/bundle.h"
#include "models/synth/write.h"
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"
#include "sonar/metrics/truth_score.h"
#include "sonar/render/scene.h"
#include "timeline.h"

namespace {

namespace fs = std::filesystem;
using sonar::Errc;
using sonar::Error;
using sonar::pipelines::Timeline;

// 4,096 columns keep the figures sharp on any screen and memory flat
constexpr std::size_t kMaxColumns = 4096;

struct Options {
  std::string recording, folder = "demo-out", model = "hydrophone";
  std::string truth_folder, truth_name;
  double fps = 0, history_seconds = 30;  ///< fps 0: the model's own
  double threshold = -1;
  bool sound = true, video = true, explain = false, print_pipeline = false;
};

/* What the frames of a run add up to. */
struct Findings {
  std::optional<Timeline> timeline;
  sonar::render::Axes axes;
  std::map<std::string, double> seconds_of;  ///< per reported label
  std::map<std::string, double> score_of;    ///< probability x seconds
  double seconds = 0;
  float threshold = 0;
  std::string recipe;
  std::string failure;  ///< first error of a frame
};

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
       "x264enc speed-preset=ultrafast ! h264parse",
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
      model + " advance=" + std::to_string(advance) +
      " ! specnnclassify model=" + model + " ! scorecammask";
  if (o.explain)
    text += " explain=true interval=" +
            std::to_string(std::max(1, recipe.width / (2 * advance)));
  text += " ! signatureextract";
  if (o.threshold >= 0) {
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    text += std::string(" threshold=") +
            g_ascii_dtostr(number, sizeof number, o.threshold);
  }
  text +=
      " ! tee name=signature"
      " signature. ! queue ! signaturetable ! filesink location=" +
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

void take_frame(Findings &f, GstBuffer *frame, const GstVideoInfo &info) {
  const auto &meta = sonar::frame::require_spectrogram(frame, info);
  const auto &mask = sonar::frame::require_mask(frame, info);
  const auto *signature = gst_buffer_get_sonar_signature_meta(frame);
  const auto *seen = gst_buffer_get_sonar_class_meta(frame);
  if (!f.timeline) {
    f.timeline.emplace(meta.height,
                       std::max<std::size_t>(kMaxColumns, 2 * meta.width));
    gsize size = 0;
    const auto *edges =
        static_cast<const double *>(g_bytes_get_data(meta.row_edges, &size));
    f.axes.row_edges_hz.assign(edges, edges + size / sizeof(double));
    f.axes.column_seconds = double(meta.hop_size) / meta.rate;
    f.axes.column0_seconds =
        sonar::frame::column_time(meta, double(meta.valid_begin)) / 1e9;
    f.axes.unit = meta.unit;
    f.recipe = mask.recipe;
    f.threshold = signature->threshold;
  }
  const auto *kept =
      static_cast<const guint8 *>(g_bytes_get_data(signature->kept, nullptr));
  f.timeline->put(
      meta.first_column, sonar::frame::valid_columns(meta),
      sonar::frame::read_values(signature->original, info, meta),
      sonar::frame::read_image(mask.values, mask.height, mask.width),
      {meta.height,
       meta.width,
       {kept, kept + gsize(meta.height) * meta.width}});
  const double seconds = meta.new_columns * f.axes.column_seconds;
  f.seconds += seconds;
  f.seconds_of[gst_sonar_class_meta_get_label(seen)] += seconds;
  const auto *probabilities = static_cast<const float *>(
      g_bytes_get_data(seen->probabilities, nullptr));
  for (guint i = 0; i < seen->n_classes; ++i)
    f.score_of[seen->labels[i]] += seconds * probabilities[i];
}

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
}

/* Results */

void write_figures(const Run &run) {
  const Findings &f = run.findings;
  const fs::path folder = run.options.folder;
  sonar::render::Axes axes = f.axes;
  axes.column_seconds *= double(f.timeline->merged());
  axes.column0_seconds +=
      f.axes.column_seconds * double(f.timeline->merged() - 1) / 2;
  const auto value = f.timeline->value(), confidence = f.timeline->confidence();
  const auto kept = f.timeline->kept();
  const sonar::ColumnRange all{0, f.timeline->columns()};
  sonar::render::Panel spectrogram, mask, signature;
  spectrogram.title = "Spectrogram";
  spectrogram.scene.value_db = &value;
  mask.title = "Mask: " + f.recipe;
  mask.scene.value_db = &confidence;
  mask.style.colormap = sonar::render::ColorMap::kInferno;
  mask.style.low_db = 0;
  mask.style.high_db = 1;
  mask.unit = "confidence";
  signature.title = "Signature";
  signature.scene.value_db = &value;
  signature.scene.signature = &kept;
  signature.style.show_original = false;
  signature.style.show_contours = false;
  for (auto *panel : {&spectrogram, &mask, &signature})
    panel->scene.valid = all;
  sonar::render::write_panels_png((folder / "panels.png").string(),
                                  {spectrogram, mask, signature}, axes, 640,
                                  720);
  sonar::render::write_panels_png((folder / "signature.png").string(),
                                  {signature}, axes, 1280, 720);
}

std::string most(const std::map<std::string, double> &of) {
  const auto largest = std::max_element(
      of.begin(), of.end(),
      [](const auto &a, const auto &b) { return a.second < b.second; });
  return largest == of.end() ? "unknown" : largest->first;
}

nlohmann::ordered_json score_truth(const Options &o, const Timeline &timeline) {
  const auto truth = sonar::models::read_truth(o.truth_folder, o.truth_name);
  const auto kept = timeline.kept();
  if (timeline.merged() != 1 || kept.width != truth.target.width)
    throw Error(Errc::kBadArgument,
                "The truth has " + std::to_string(truth.target.width) +
                    " columns, the recording gave " +
                    std::to_string(kept.width * timeline.merged()) +
                    "; is it the same recording, shorter than " +
                    std::to_string(kMaxColumns) + " columns?");
  const auto score = sonar::metrics::score(kept, truth);
  nlohmann::ordered_json out;
  out["removed"] = score.removed;
  const auto put = [&](const char *name, const std::optional<double> &value) {
    if (value) out[name] = *value;
  };
  put("overwritten_0db", score.overwritten_0db);
  put("overwritten_3db", score.overwritten_3db);
  put("overwritten_6db", score.overwritten_6db);
  put("f1", score.f1);
  put("iou", score.iou);
  out["intersecting"] = score.intersecting;
  out["intersecting_present"] = score.intersecting_present;
  return out;
}

std::size_t count_rows(const fs::path &csv) {
  std::ifstream in(csv);
  std::size_t lines = 0;
  for (std::string line; std::getline(in, line);) ++lines;
  return lines ? lines - 1 : 0;
}

nlohmann::ordered_json summarize(const Run &run, double wall_seconds) {
  const Findings &f = run.findings;
  nlohmann::ordered_json s;
  const std::string label = most(f.seconds_of);
  s["recording"] = fs::path(run.options.recording).filename();
  s["seconds"] = f.seconds;
  s["model"] = run.options.model;
  s["class"] = label;
  s["class_seconds"] = f.seconds_of;
  for (const auto &[name, score] : f.score_of)
    s["mean_probability"][name] = score / f.seconds;
  s["mask_recipe"] = f.recipe;
  s["threshold"] = f.threshold;
  s["regions"] =
      count_rows(part(fs::path(run.options.folder) / "signature.csv"));
  const auto kept = f.timeline->kept();
  s["kept"] = double(std::count(kept.values.begin(), kept.values.end(), 1)) /
              double(std::max<std::size_t>(1, kept.values.size()));
  s["interrupted"] = run.interrupted;
  s["wall_seconds"] = wall_seconds;
  s["times_real_time"] = f.seconds / wall_seconds;
  if (!run.options.truth_folder.empty())
    s["truth"] = score_truth(run.options, *f.timeline);
  return s;
}

void print_summary(const nlohmann::ordered_json &s, const Options &o) {
  const auto percent = [](double x) { return 100 * x; };
  const std::string label = s["class"];
  std::printf("recording   %s, %.1f s\n",
              s["recording"].get<std::string>().c_str(),
              s["seconds"].get<double>());
  std::printf("class       %s", label.c_str());
  const auto &scores = s["mean_probability"];
  if (scores.contains(label))
    std::printf(", mean probability %.2f", scores[label].get<double>());
  std::printf(", %.0f %% of the time\n",
              percent(s["class_seconds"][label].get<double>() /
                      s["seconds"].get<double>()));
  std::printf(
      "signature   %d regions, %.1f %% of the picture kept (%s, %.2f)\n",
      s["regions"].get<int>(), percent(s["kept"].get<double>()),
      s["mask_recipe"].get<std::string>().c_str(),
      s["threshold"].get<double>());
  if (s.contains("truth")) {
    const auto &t = s["truth"];
    std::printf("removed     %.1f %% of the noise\n",
                percent(t["removed"].get<double>()));
    if (t.contains("overwritten_3db"))
      std::printf("overwritten %.1f %% of the tones of 3 dB and more\n",
                  percent(t["overwritten_3db"].get<double>()));
    if (t.contains("f1"))
      std::printf("F1          %.3f\n", t["f1"].get<double>());
  }
  std::printf("speed       %.1f times real time\n",
              s["times_real_time"].get<double>());
  std::printf("written to  %s/\n", o.folder.c_str());
}

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
  write_figures(run);
  const auto summary = summarize(run, wall);
  publish(o);
  sonar::write_file((fs::path(o.folder) / "summary.json").string(),
                    "the summary", summary.dump(1) + "\n");
  print_summary(summary, o);
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
  app.add_flag("--explain", o.explain,
               "Also draw what speaks for and against the class");
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
