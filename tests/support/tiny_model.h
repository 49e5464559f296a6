/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <stdlib.h>

#include <filesystem>

#include "models/bundle.h"
#include "support/tiny_pictures.h"

/* A model small enough to be written out by hand: of two classes, `low` is a
 * line in the lower half of the picture, `high` one in the upper half. */
namespace sonar::testing {

constexpr std::size_t kLowRow = 12, kHighRow = 3;  ///< where their gates open
constexpr double kTinyThreshold = 0.625, kTinyMinConfidence = 0.5625;

inline models::Tensor tiny_tensor(std::vector<std::int64_t> shape,
                                  float value = 0) {
  std::size_t count = 1;
  for (const std::int64_t n : shape) count *= std::size_t(n);
  return {std::move(shape), std::vector<float>(count, value)};
}

/* Each channel hands its picture on, each through a filter of its own, so that
 * Score-CAM weighs maps that differ. */
inline void add_tiny_convolutions(models::Bundle &b, std::int64_t channels) {
  for (int layer = 1; layer <= 3; ++layer) {
    const std::string n = std::to_string(layer);
    const std::int64_t in = layer == 1 ? 1 : channels;
    const std::int64_t rows = layer < 3 ? 3 : 1, columns = layer < 3 ? 5 : 3;
    auto weight = tiny_tensor({channels, in, rows, columns});
    weight.values = noise(weight.values.size(), 0.2, std::uint32_t(layer));
    const std::int64_t centre = rows / 2 * columns + columns / 2;
    for (std::int64_t c = 0; c < channels; ++c)
      weight.values[std::size_t((c * in + c % in) * rows * columns + centre)] +=
          1;
    b.tensors["net.conv" + n + ".weight"] = weight;
    for (const char *part : {"weight", "running_var"})
      b.tensors["net.bn" + n + "." + part] = tiny_tensor({channels}, 1);
    for (const char *part : {"bias", "running_mean"})
      b.tensors["net.bn" + n + "." + part] = tiny_tensor({channels}, 0);
  }
}

/* One unit sums the lower rows, the other the upper ones; the logits are their
 * difference and its negative. */
inline void add_tiny_head(models::Bundle &b, std::int64_t channels) {
  auto halves = tiny_tensor({2, channels * kTiny});
  for (std::size_t i = 0; i < std::size_t(channels) * kTiny; ++i)
    halves.values[(i % kTiny < kTiny / 2 ? channels * kTiny : 0) + i] = 0.25f;
  b.tensors["net.dense1.weight"] = halves;
  b.tensors["net.dense2.weight"] = {{2, 2}, {1, 0, 0, 1}};
  b.tensors["net.out.weight"] = {{2, 2}, {1, -1, -1, 1}};
  for (const char *name : {"dense1", "dense2", "out"})
    b.tensors["net." + std::string(name) + ".bias"] = tiny_tensor({2});
}

/* Class masks: a ramp in time along the class' row. */
inline void add_tiny_classes(models::Bundle &b) {
  auto gate = tiny_tensor({2, kTiny});
  auto masks = tiny_tensor({2, kTiny, kTiny});
  for (const std::size_t c : {0, 1}) {
    const std::size_t row = c * kTiny + (c == 0 ? kLowRow : kHighRow);
    gate.values[row] = 1;
    for (std::size_t x = 0; x < kTiny; ++x)
      masks.values[row * kTiny + x] = float(x + 1) / kTiny;
  }
  b.tensors["class.gate"] = gate;
  b.tensors["class.mask"] = masks;
}

inline models::Bundle tiny_bundle() {
  models::Bundle b;
  b.settings.name = "tiny";
  b.settings.labels = {"low", "high"};
  b.settings.recipe = tiny_recipe();
  b.settings.architecture.conv_channels = {4, 4, 4};
  b.settings.architecture.dense = {2, 2};
  b.settings.threshold = kTinyThreshold;
  b.settings.min_confidence = kTinyMinConfidence;
  add_tiny_convolutions(b, 4);
  add_tiny_head(b, 4);
  add_tiny_classes(b);
  return b;
}

/** A model file in a folder of its own, gone at the end. */
class ModelFile {
 public:
  explicit ModelFile(const models::Bundle &bundle = tiny_bundle()) {
    std::string name =
        (std::filesystem::temp_directory_path() / "tiny-model-XXXXXX").string();
    ck_assert_msg(mkdtemp(name.data()), "no folder for the model");
    folder_ = name;
    models::write_bundle(path(), bundle);
  }
  ~ModelFile() { std::filesystem::remove_all(folder_); }
  ModelFile(const ModelFile &) = delete;
  ModelFile &operator=(const ModelFile &) = delete;

  std::string path() const { return (folder_ / "tiny.safetensors").string(); }

 private:
  std::filesystem::path folder_;
};

}  // namespace sonar::testing
