/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sonar-record: a live source in, recordings and their signatures out, without
 * end. */
#include <gst/gst.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <string>

#include "options.h"
#include "pipeline.h"
#include "recorder.h"
#include "sonar/core/error.h"
#include "sonar/core/utc.h"

namespace {

using sonar::recorder::Options;
using sonar::recorder::Recorder;

Recorder *running = nullptr;  // for the signal handler

double seconds_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

/* The first time ends the recording, a second time leaves at once. What comes
 * within half a second is the first one again: timeout(1) and some shells send
 * it to the process and to its group. */
void on_signal(int) {
  static volatile double first = 0;
  const double now = seconds_now();
  if (first > 0 && now - first > 0.5) _exit(130);
  if (first == 0) first = now;
  if (running) running->stop();
}

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void add_property(CLI::App &app, const char *name, const char *help,
                  const std::vector<std::string *> &to) {
  app.add_option_function<std::string>(
      std::string("--") + name,
      [to, name = std::string(name)](const std::string &value) {
        for (std::string *text : to)
          *text += " " + name + "=" + sonar::recorder::quoted(value);
      },
      help);
}

void add_source(CLI::App &app, Options &o) {
  auto *source = app.add_option("--source", o.source,
                                "GStreamer elements that give raw sound, e.g. "
                                "\"pulsesrc device=hydrophone\"")
                     ->capture_default_str();
  app.add_option("--uri", o.uri,
                 "Instead of them an address, e.g. rtsp://host/hydrophone")
      ->excludes(source);
  app.add_option("--timeout", o.timeout_seconds,
                 "Seconds without sound after which the source is lost and "
                 "started again")
      ->check(CLI::Range(1.0, 3600.0))
      ->capture_default_str();
  app.add_flag("--once", o.once,
               "The source's end is the recording's, as of a file");
  app.add_option_function<std::string>(
      "--start-datetime",
      [&o](const std::string &text) {
        o.start_utc = sonar::utc::parse_iso8601(text, "--start-datetime");
      },
      "When the source's first sample was taken, ISO 8601, for a source that "
      "is not live (default: the system's clock)");
}

void add_files(CLI::App &app, Options &o) {
  app.add_option("-o,--output", o.folder, "Folder of the recordings")
      ->capture_default_str();
  app.add_option("--fragment", o.fragment_seconds, "Seconds of a file")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  app.add_flag("--matroska", o.matroska,
               "Sound as PCM in Matroska, even where FLAC could hold it");
  app.add_option("--keep-days", o.keep_days, "Delete recordings that are older")
      ->check(CLI::Range(0.001, 1e5));
  app.add_option("--max-gib", o.max_gib,
                 "Delete the oldest recordings beyond so many GiB")
      ->check(CLI::Range(1e-6, 1e9));
}

void add_analysis(CLI::App &app, Options &o) {
  app.add_option("-m,--model", o.model,
                 "Model of the classes; \"none\": tonals alone")
      ->capture_default_str();
  app.add_flag("--show-model", o.show_model,
               "The video shows the model's picture, not the lofargram");
  app.add_option("--history", o.history_seconds,
                 "Seconds that the video reaches back")
      ->check(CLI::Range(1.0, 3600.0))
      ->capture_default_str();
  app.add_flag("!--no-video", o.video, "No video files");
  app.add_flag("!--no-analysis", o.analysis,
               "Sound alone: no video, no findings, no page");
  app.add_option("--web", o.web,
                 "Folder for a page with the live video and what is heard, "
                 "for any web server");
  add_property(app, "min-frequency", "Lower edge of the lofargram, Hz",
               {&o.spectrogram});
  add_property(app, "max-frequency", "Upper edge of the lofargram, Hz",
               {&o.spectrogram});
  add_property(app, "resolution", "Width of the lofargram's bins, Hz",
               {&o.spectrogram});
  const std::pair<const char *, const char *> levels[] = {
      {"sensitivity",
       "Sensitivity of the hydrophone in dB re 1 V/uPa, e.g. -180: levels "
       "become dB re 1 uPa"},
      {"gain", "Gain between hydrophone and converter in dB"},
      {"full-scale-voltage",
       "Peak voltage that gives the sample value 1, in V (default: 1)"},
      {"frequency-response",
       "CSV file of Hz and dB to be added to the sensitivity"}};
  for (const auto &[name, help] : levels)
    add_property(app, name, help, {&o.spectrogram, &o.levels});
}

void check(Options &o) {
  if (o.model == "none") o.model.clear();
  if (o.show_model && o.model.empty())
    throw CLI::ValidationError("--show-model", "needs a model (-m)");
  if (!o.analysis && !o.web.empty())
    throw CLI::ValidationError("--web", "needs the analysis");
}

}  // namespace

int main(int argc, char **argv) {
  Options o;
  bool print = false;
  CLI::App app{
      "Records a live source without end: sound without loss, video and "
      "findings, in a set of files a fragment, named by their UTC. Ctrl-C ends "
      "it; the files so far are whole."};
  add_source(app, o);
  add_files(app, o);
  add_analysis(app, o);
  app.add_flag("--print-pipeline", print, "Print the pipelines and stop");
  try {
    app.parse(argc, argv);
    check(o);
    gst_init(nullptr, nullptr);
    if (print) {
      std::printf("source: %s\nanalysis: %s\n",
                  sonar::recorder::describe_source(o).c_str(),
                  sonar::recorder::describe_analysis(o, 1).c_str());
      return 0;
    }
    Recorder recorder(o);
    running = &recorder;
    catch_signals();
    recorder.record();
    running = nullptr;
    return 0;
  } catch (const CLI::Error &e) {
    return app.exit(e);
  } catch (const sonar::Error &e) {
    std::fprintf(stderr, "sonar-record: %s\n", e.what());
    return 1;
  }
}
