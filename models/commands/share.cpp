/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/commands/share.h"

#include "models/bundle.h"
#include "models/commands/dataset_flags.h"
#include "models/commands/fold_flags.h"
#include "models/train/share_trainer.h"

namespace sonar::models::commands {
namespace {

struct ShareCommand {
  std::string model, dataset, output;
  DatasetFlags names;
  FoldFlags folds;
  ShareOptions options;
};

void run_share(ShareCommand &c) {
  c.options.data_name = folder_name(c.dataset);
  Bundle bundle = read_bundle(resolve_model(c.model));
  const FoldSides sides =
      sides_of(list_recordings(c.dataset, c.names), c.folds);
  catch_interrupt();
  keep_freed_memory();
  Progress progress;
  progress.line("learning from " + std::to_string(sides.learnt.size()) +
                " recordings");
  const TrainedShare share = train_share(
      sides.learnt, bundle.settings, c.options,
      [&](std::size_t done, std::size_t total) {
        progress.bar(
            double(done) / double(total),
            "mixture " + std::to_string(done) + " of " + std::to_string(total));
      },
      [&](const LossReport &r) {
        progress.epoch(r.epoch, r.epochs, describe(r));
      },
      interrupted());
  models::add_share(bundle, share);
  write_bundle(c.output, bundle);
  progress.line("wrote " + c.output);
}

}  // namespace

Command add_share(CLI::App &app) {
  const auto c = std::make_shared<ShareCommand>();
  CLI::App *share = app.add_subcommand(
      "share", "Add a network to a model that learns its masks from mixtures");
  share->add_option("model", c->model, "name or file")->required();
  share->add_option("dataset", c->dataset, "as for train")->required();
  share
      ->add_option("-o,--output", c->output,
                   "the model file with the share network")
      ->required();
  add_dataset_flags(share, c->names);
  add_fold_flags(share, c->folds);
  ShareOptions &o = c->options;
  share
      ->add_option("--mixtures", o.mixtures,
                   "mixtures that are made to learn from")
      ->capture_default_str();
  share->add_option("--epochs", o.epochs, "passes over them")
      ->capture_default_str();
  share->add_option("--batch-size", o.batch_size, "mixtures in a step")
      ->capture_default_str();
  share
      ->add_option("--learning-rate", o.learning_rate,
                   "the one-cycle's maximum")
      ->capture_default_str();
  share->add_option("--weight-decay", o.weight_decay, "of AdamW")
      ->capture_default_str();
  share->add_option("--seed", o.seed, "same seed, same network")
      ->capture_default_str();
  return {share, [c] { run_share(*c); },
          [c] { return std::string("; nothing was written"); }};
}

}  // namespace sonar::models::commands
