/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the time of a training goes into: reading and analysing the recordings,
 * and of a step its examples (decoding, mixing, distorting), the network
 * forwards, backwards and the optimizer. Seconds and milliseconds of the clock
 * and of all processors, as JSON; and the same steps as the trainer takes them,
 * who makes examples while the network learns: how long a step waits for them.
 *
 * usage: bench_training MODEL DATASET [STEPS]
 *        (recipe, network and labels of MODEL's settings; labels as in
 *        DATASET) */
#include <ATen/ATen.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "models/bundle.h"
#include "models/speccnn.h"
#include "models/train/ahead.h"
#include "models/train/augment.h"
#include "models/train/dataset.h"
#include "models/train/optimizer.h"
#include "models/train/trainer.h"
#include "sonar/core/error.h"

using namespace sonar;
using namespace sonar::models;

namespace {

constexpr double kLearningRate = 1e-3;

/** Time that went into one kind of work. */
class Stopwatch {
 public:
  template <class Work>
  auto operator()(const Work &work) {
    const Time begin = now();
    auto result = work();
    const Time end = now();
    spent_.wall += end.wall - begin.wall;
    spent_.processor += end.processor - begin.processor;
    return result;
  }
  double wall() const { return spent_.wall; }
  double processor() const { return spent_.processor; }

 private:
  struct Time {
    double wall = 0, processor = 0;
  };
  static Time now() {
    using Clock = std::chrono::steady_clock;
    return {
        std::chrono::duration<double>(Clock::now().time_since_epoch()).count(),
        double(std::clock()) / CLOCKS_PER_SEC};
  }
  Time spent_;
};

struct Batch {
  at::Tensor inputs, labels;
};

Batch draw(const Augmenter &augmenter, const TrainOptions &options,
           std::size_t classes, synth::Random &random) {
  const Recipe &recipe = options.settings.recipe;
  Batch out{at::empty({options.batch_size,
                       options.settings.architecture.input_channels,
                       recipe.height(), recipe.width}),
            at::empty({options.batch_size, std::int64_t(classes)})};
  float *inputs = out.inputs.data_ptr<float>();
  float *labels = out.labels.data_ptr<float>();
  for (int i = 0; i < options.batch_size; ++i) {
    const Augmenter::Example one = augmenter.draw(random);
    inputs = std::copy(one.input.begin(), one.input.end(), inputs);
    labels = std::copy(one.labels.begin(), one.labels.end(), labels);
  }
  return out;
}

void run(const std::string &model, const std::string &dataset, int steps) {
  TrainOptions options;
  options.settings = read_bundle(model).settings;
  const Recipe &recipe = options.settings.recipe;
  std::vector<Recording> recordings =
      relabel(list_dataset(dataset),
              {{"vessel_large", "vessel"},
               {"vessel_small", "vessel"},
               {"whale", "biological"},
               {"dolphin", "biological"},
               {"fish", "biological"},
               {"snapping_shrimp", "biological"}},
              options.settings.labels);

  Stopwatch reading, examples, forwards, backwards, optimizing;
  const Dataset data =
      reading([&] { return load_dataset(recordings, recipe, {}); });
  const Split split = split_by_group(data, 0.2, 0);
  options.equalizer = !options.settings.architecture.exclusive;
  const Augmenter augmenter(data, split.train, options);
  SpecCnn net(options.settings.architecture, recipe.height(), recipe.width,
              int(data.labels.size()), 0);
  AdamW optimizer(net.weights(), options.weight_decay);
  synth::Random random(0, 1);
  for (int i = 0; i < steps; ++i) {
    const Batch batch = examples(
        [&] { return draw(augmenter, options, data.labels.size(), random); });
    const at::Tensor loss = forwards([&] {
      return at::binary_cross_entropy_with_logits(
          net.forward(batch.inputs, true).logits, batch.labels);
    });
    backwards([&] {
      loss.backward();
      return 0;
    });
    optimizing([&] {
      optimizer.step(net.weights(), kLearningRate);
      return 0;
    });
  }
  Stopwatch whole, waiting;
  Ahead<Batch> ahead(steps, [&](int) {
    return draw(augmenter, options, data.labels.size(), random);
  });
  whole([&] {
    for (int i = 0; i < steps; ++i) {
      const Batch batch = waiting([&] { return ahead.next(); });
      at::binary_cross_entropy_with_logits(
          net.forward(batch.inputs, true).logits, batch.labels)
          .backward();
      optimizer.step(net.weights(), kLearningRate);
    }
    return 0;
  });
  const double step =
      examples.wall() + forwards.wall() + backwards.wall() + optimizing.wall();
  std::printf(
      "{\"recordings\": %zu, \"tiles\": %zu, \"steps\": %d, \"reading_s\": "
      "%.3f, \"step_ms\": %.2f, \"examples_share\": %.4f",
      recordings.size(), data.tiles.size(), steps, reading.wall(),
      1e3 * step / steps, examples.wall() / step);
  for (const auto &[name, watch] : {std::pair{"examples", &examples},
                                    {"forwards", &forwards},
                                    {"backwards", &backwards},
                                    {"optimizer", &optimizing}})
    std::printf(", \"%s_ms\": %.2f, \"%s_processor_ms\": %.2f", name,
                1e3 * watch->wall() / steps, name,
                1e3 * watch->processor() / steps);
  std::printf(", \"trainer_step_ms\": %.2f, \"waiting_share\": %.4f}\n",
              1e3 * whole.wall() / steps, waiting.wall() / whole.wall());
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s MODEL DATASET [STEPS]\n", argv[0]);
    return 2;
  }
  try {
    run(argv[1], argv[2], argc > 3 ? std::atoi(argv[3]) : 50);
  } catch (const Error &e) {
    std::fprintf(stderr, "bench_training: %s\n", e.what());
    return 1;
  }
  return 0;
}
