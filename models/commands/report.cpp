/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/report.h"

#include <sys/stat.h>

#include <cstdio>
#include <ctime>

#include "models/commands/dataset_flags.h"
#include "models/registry.h"
#include "models/report/report.h"
#include "models/train/gan_source.h"

namespace sonar::models::commands {
namespace {

struct ReportCommand {
  std::string model, folder, truth, data, generator;
  DatasetFlags names;
  std::size_t threads = 1;
};

std::string date(std::time_t when) {
  std::tm local{};
  localtime_r(&when, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d", &local);
  return text;
}

/** What the page was made from, when and by what. */
std::string provenance(const ReportCommand &c, const std::string &path) {
  std::string out = "Made on " + date(std::time(nullptr)) +
                    " by sonar-model " SONAR_VERSION " from the model " + path;
  struct stat file {};
  if (stat(path.c_str(), &file) == 0)
    out += " (last changed on " + date(file.st_mtime) + ")";
  for (const auto &[what, source] :
       {std::pair{", truth set ", &c.truth}, std::pair{", data set ", &c.data},
        std::pair{", generator ", &c.generator}})
    if (!source->empty()) out += what + *source;
  return out + ".";
}

void run_report(const ReportCommand &c) {
  const std::string path = resolve_model(c.model);
  const std::shared_ptr<const Model> model = open(path, "cpu");
  catch_interrupt();
  keep_freed_memory();
  report::Sources sources{
      *model,    read_bundle(path).tensors, c.truth, renames(c.names), {}, {},
      c.threads, provenance(c, path)};
  if (!c.data.empty()) sources.data = list_recordings(c.data, c.names);
  if (!c.generator.empty())
    sources.generator = {read_bundle(c.generator),
                         open_gan(c.generator, model->settings().recipe,
                                  model->settings().labels)};
  {
    Progress progress;
    report::Hooks hooks;
    hooks.stage = [&](const std::string &text) {
      throw_if_interrupted();
      progress.bar(0, text);
    };
    hooks.progress = [&](std::size_t done, std::size_t total) {
      throw_if_interrupted();
      progress.bar(
          double(done) / double(total),
          "recording " + std::to_string(done) + " of " + std::to_string(total));
    };
    report::write_report(sources, c.folder, hooks);
  }
  std::printf("%s/index.html\n", c.folder.c_str());
}

}  // namespace

Command add_report(CLI::App &app) {
  const auto c = std::make_shared<ReportCommand>();
  CLI::App *report = app.add_subcommand(
      "report", "A page on what a model does and how far to trust it");
  report->add_option("model", c->model, "name or file")->required();
  report->add_option("-o,--output", c->folder, "folder for the page")
      ->required();
  report->add_option("--truth", c->truth,
                     "folder with labels.csv, audio/ and truth.safetensors: "
                     "scores and cases");
  report->add_option("--data", c->data,
                     "what the model learnt from, as train took it: pictures "
                     "of representatives");
  add_dataset_flags(report, c->names);
  report->add_option("--gan", c->generator,
                     "file of the generator whose pictures it learnt from");
  report
      ->add_option("--threads", c->threads,
                   "recordings side by side; times grow, figures stay")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  return {report, [c] { run_report(*c); }, {}};
}

}  // namespace sonar::models::commands
