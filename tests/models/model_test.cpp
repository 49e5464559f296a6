/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/model.h"

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>

#include "models/registry.h"
#include "sonar/core/error.h"
#include "sonar/mask/baselines.h"
#include "support/folder.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;
namespace fs = std::filesystem;

static const int kWidth = 32;
static const std::size_t kLineRow = 5;

static Recipe small_recipe() {
  Recipe r;
  r.rate_hz = 1024;
  r.fft_size = 32;
  r.hop_size = 16;
  r.axis = FrequencyAxis::kLinear;
  r.min_frequency_hz = 32;
  r.max_frequency_hz = 512;  // 16 rows
  r.width = kWidth;
  return r;
}

static Settings settings() {
  Settings s;
  s.name = "small";
  s.labels = {"low", "high"};
  s.recipe = small_recipe();
  s.architecture.conv_channels = {2, 2, 2};
  s.architecture.dense = {4, 3};
  return s;
}

/* Logits are the sums of the lower and of the upper half of the picture; its
 * maps are these halves. Counts its forwards. */
class HalfNetwork : public nn::Network {
 public:
  explicit HalfNetwork(std::size_t height = 16) : height_(height) {}
  nn::Shape input() const override { return {1, height_, kWidth}; }
  std::size_t classes() const override { return 2; }
  nn::Shape maps() const override { return {2, height_, kWidth}; }
  std::size_t embedding() const override { return 2; }
  Output forward(const float *inputs, std::size_t count, Want) const override {
    forwards += count;
    Output out;
    const std::size_t half = height_ / 2 * kWidth;
    for (std::size_t n = 0; n < count; ++n) {
      const float *x = inputs + n * 2 * half;
      float low = 0, high = 0;
      for (std::size_t i = 0; i < half; ++i) {
        high += x[i];
        low += x[half + i];
      }
      out.logits.insert(out.logits.end(), {low, high});
      for (std::size_t i = 0; i < 2 * half; ++i)
        out.maps.push_back(i >= half ? x[i] : 0.0f);
      for (std::size_t i = 0; i < 2 * half; ++i)
        out.maps.push_back(i < half ? x[i] : 0.0f);
    }
    out.embedding = out.logits;
    return out;
  }
  std::vector<float> probabilities(const float *logits) const override {
    const float e = std::exp(logits[0] - logits[1]);
    return {e / (1 + e), 1 / (1 + e)};
  }
  /* A class' logit is the sum of its own map: "low" the first one. */
  std::vector<float> map_gradients(const float *, std::size_t count,
                                   std::size_t target) const override {
    std::vector<float> out(count * maps().size());
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = i / (height_ * kWidth) % 2 == target ? 1.0f : 0.0f;
    return out;
  }
  mutable std::size_t forwards = 0;

 private:
  std::size_t height_;
};

static std::map<std::string, Tensor> class_tensors() {
  Tensor gate{{2, 16}, std::vector<float>(32)};
  gate.values[kLineRow] = 1.0f;  // of "low"
  gate.values[16 + 12] = 1.0f;   // of "high"
  Tensor masks{{2, 16, kWidth}, std::vector<float>(2 * 16 * kWidth)};
  for (int i = 0; i < kWidth; ++i) masks.values[std::size_t(i)] = 1.0f;
  return {{"class.gate", gate}, {"class.mask", masks}};
}

struct Loaded {
  HalfNetwork *network;  // owned by the model
  Model model;
};
static Loaded make_model(std::map<std::string, Tensor> tensors) {
  auto network = std::make_unique<HalfNetwork>();
  HalfNetwork *raw = network.get();
  return {raw, Model(settings(), std::move(network), std::move(tensors))};
}

/* Two steady lines of 10 dB, one in each half. */
static Image picture() {
  Image image(16, kWidth);
  for (const std::size_t row : {kLineRow, std::size_t(9)})
    std::fill_n(image.row(row), kWidth, 10.0f);
  image.at(kLineRow, 3) = 15.0f;  // the upper half wins
  return image;
}
static const ColumnRange kAll{0, kWidth};

static std::string error_of(Errc code, const std::function<void()> &run) {
  try {
    run();
  } catch (const Error &e) {
    fail_unless(e.code() == code, "wrong kind of error: %s", e.what());
    return e.what();
  }
  ck_abort_msg("nothing was thrown");
  return {};
}

GST_START_TEST(the_class_with_the_larger_logit_is_the_best) {
  const Loaded loaded = make_model({});
  const Classification c = loaded.model.classify({picture(), {}, kAll});
  fail_unless_equals_int(c.best, 1);
  // logits differ by the one louder pixel: 5 dB of the input's 18
  ASSERT_NEAR_AT(1, c.probabilities[1], 1 / (1 + std::exp(-5 / 18.0)), 1e-5);
  fail_unless_equals_int(c.input.size(), 16 * kWidth);
  fail_unless_equals_int(c.maps.size(), 2 * 16 * kWidth);
  error_of(Errc::kBadArgument, [&] {
    loaded.model.classify({Image(8, kWidth), {}, kAll});
  });
}
GST_END_TEST

GST_START_TEST(subband_keeps_the_line_its_gate_opens_and_needs_no_forward) {
  const Loaded loaded = make_model(class_tensors());
  const MaskResult mask =
      loaded.model.make_mask({picture(), {}, kAll}, 0, nullptr, {});
  fail_unless(mask.valid);
  fail_unless_equals_int(loaded.network->forwards, 0);
  for (std::size_t x = 0; x < std::size_t(kWidth); ++x) {
    fail_unless(mask.confidence.at(kLineRow, x) > 0.75f);
    fail_unless(mask.confidence.at(9, x) < 0.1f);    // a line, gate shut
    fail_unless(mask.confidence.at(12, x) < 0.75f);  // the other class' row
  }
  // "high" has its gate where nothing is
  const MaskResult other =
      loaded.model.make_mask({picture(), {}, kAll}, 1, nullptr, {});
  fail_unless(other.confidence.at(kLineRow, 0) < 0.1f);
}
GST_END_TEST

GST_START_TEST(evidence_is_blind_to_the_class) {
  const Loaded loaded = make_model({});
  MaskOptions options;
  options.recipe = MaskRecipe::kEvidence;
  const MaskResult a =
      loaded.model.make_mask({picture(), {}, kAll}, 0, nullptr, options);
  const MaskResult b =
      loaded.model.make_mask({picture(), {}, kAll}, 1, nullptr, options);
  fail_unless(a.valid);
  fail_unless_equals_int(loaded.network->forwards, 0);
  for (std::size_t i = 0; i < a.confidence.size(); ++i)
    fail_unless(a.confidence.data()[i] == b.confidence.data()[i]);
  fail_unless(a.confidence.at(9, 0) > a.confidence.at(2, 0));
}
GST_END_TEST

GST_START_TEST(released_image_mask_is_the_target_classs_half) {
  const Loaded loaded = make_model({});
  MaskOptions options;
  options.recipe = MaskRecipe::kReleased;
  options.combine = mask::Combine::kImage;
  const Classification seen = loaded.model.classify({picture(), {}, kAll});
  loaded.network->forwards = 0;
  const ColumnRange valid{4, 20};
  const MaskResult mask =
      loaded.model.make_mask({picture(), {}, valid}, 1, &seen, options);
  fail_unless(mask.valid);
  fail_unless_equals_int(loaded.network->forwards, 2);  // one a channel
  // Only the half of "high" raises its probability: a weight near 1 there,
  // near 0 for the other.
  fail_unless(mask.confidence.at(kLineRow, 10) > 0.5f);
  fail_unless(mask.confidence.at(9, 10) < 0.01f);
  fail_unless(mask.confidence.at(kLineRow, 3) == 0.0f);   // not valid
  fail_unless(mask.confidence.at(kLineRow, 20) == 0.0f);  // not valid
}
GST_END_TEST

GST_START_TEST(reverse_keeps_what_the_other_class_does_not_claim) {
  const Loaded loaded = make_model({});
  MaskOptions options;
  options.recipe = MaskRecipe::kReverse;
  options.combine = mask::Combine::kImage;
  const Classification seen = loaded.model.classify({picture(), {}, kAll});
  loaded.network->forwards = 0;
  const ColumnRange valid{4, 20};
  const MaskResult mask =
      loaded.model.make_mask({picture(), {}, valid}, 1, &seen, options);
  fail_unless(mask.valid);
  fail_unless_equals_int(loaded.network->forwards, 2);  // one a channel
  // "low" claims its line alone, with a probability that is 1 to six digits.
  ASSERT_NEAR_AT(9, mask.confidence.at(9, 10), 0, 1e-5);
  ASSERT_NEAR_AT(kLineRow, mask.confidence.at(kLineRow, 10), 1, 1e-5);
  ASSERT_NEAR_AT(0, mask.confidence.at(0, 10), 1, 1e-5);
  fail_unless(mask.confidence.at(0, 3) == 0.0f);   // not valid
  fail_unless(mask.confidence.at(0, 20) == 0.0f);  // not valid
}
GST_END_TEST

GST_START_TEST(released_gate_and_evidence_needs_no_forward_and_finds_lines) {
  auto tensors = class_tensors();
  std::fill_n(tensors.at("class.mask").values.begin(), kWidth, 0.0f);
  std::fill_n(tensors.at("class.mask").values.begin() + kLineRow * kWidth,
              kWidth, 0.5f);
  const Loaded loaded = make_model(tensors);
  MaskOptions options;
  options.recipe = MaskRecipe::kReleased;
  options.combine = mask::Combine::kGateAndEvidence;
  const MaskResult mask =
      loaded.model.make_mask({picture(), {}, kAll}, 0, nullptr, options);
  fail_unless_equals_int(loaded.network->forwards, 0);
  for (std::size_t x = 0; x < std::size_t(kWidth); ++x) {
    fail_unless(mask.confidence.at(kLineRow, x) > 0.75f);
    fail_unless(mask.confidence.at(9, x) < 0.1f);  // a line, gate shut
  }
}
GST_END_TEST

GST_START_TEST(released_class_mask_alone_needs_no_forward) {
  const Loaded loaded = make_model(class_tensors());
  MaskOptions options;
  options.recipe = MaskRecipe::kReleased;
  options.combine = mask::Combine::kClass;
  const MaskResult mask =
      loaded.model.make_mask({picture(), {}, kAll}, 0, nullptr, options);
  fail_unless_equals_int(loaded.network->forwards, 0);
  fail_unless(mask.confidence.at(0, 7) == 1.0f);
  fail_unless(mask.confidence.at(1, 7) == 0.0f);
}
GST_END_TEST

static MaskResult mask_by(const Loaded &loaded, MaskRecipe recipe,
                          const Image &background = {}) {
  MaskOptions options;
  options.recipe = recipe;
  return loaded.model.make_mask({picture(), background, kAll}, 0, nullptr,
                                options);
}

GST_START_TEST(the_baselines_are_the_librarys_functions_and_ask_no_network) {
  const Loaded loaded = make_model({});
  Image background(16, kWidth);
  for (std::size_t i = 0; i < background.size(); ++i)
    background.data()[i] = -50 - float(i % 7);
  const Image value = picture();
  /* 2 s of columns of 16 samples at 1,024 Hz. */
  const std::pair<MaskRecipe, Image> wanted[] = {
      {MaskRecipe::kTpsw, mask::tpsw_confidence(value, kAll)},
      {MaskRecipe::kMedian, mask::median_confidence(value, kAll)},
      {MaskRecipe::kWiener, mask::wiener_confidence(value, kAll)},
      {MaskRecipe::kGateStationary,
       mask::stationary_gate_confidence(value, background, kAll)},
      {MaskRecipe::kGateNonstationary,
       mask::nonstationary_gate_confidence(value, background, kAll, 128)},
  };
  for (const auto &[recipe, want] : wanted) {
    const MaskResult got = mask_by(loaded, recipe, background);
    fail_unless(got.valid);
    for (std::size_t i = 0; i < want.size(); ++i)
      fail_unless(got.confidence.data()[i] == want.data()[i], "%s",
                  nick(recipe));
  }
  fail_unless_equals_int(loaded.network->forwards, 0);
}
GST_END_TEST

GST_START_TEST(the_template_alone_is_a_gate) {
  auto tensors = class_tensors();
  std::swap(tensors["class.template"], tensors["class.gate"]);
  tensors.erase("class.gate");
  const Loaded loaded = make_model(tensors);
  const MaskResult got = mask_by(loaded, MaskRecipe::kTemplate);
  fail_unless_equals_int(loaded.network->forwards, 0);
  fail_unless(got.confidence.at(kLineRow, 10) > 0.75f);
  fail_unless(got.confidence.at(9, 10) < 0.1f);
}
GST_END_TEST

/* The gradient of "low" is 1 on its own map and 0 on the other. */
GST_START_TEST(grad_cam_is_combined_with_the_class_mask_as_released_is) {
  const Loaded loaded = make_model(class_tensors());
  MaskOptions options;
  options.recipe = MaskRecipe::kGradCam;
  options.combine = mask::Combine::kImage;
  const Classification seen = loaded.model.classify({picture(), {}, kAll});
  loaded.network->forwards = 0;
  MaskResult got =
      loaded.model.make_mask({picture(), {}, kAll}, 0, &seen, options);
  fail_unless_equals_int(loaded.network->forwards, 0);
  fail_unless(got.valid);
  fail_unless(got.confidence.at(9, 10) == 1.0f);         // the lower line
  fail_unless(got.confidence.at(kLineRow, 10) == 0.0f);  // the upper one
  options.combine = mask::Combine::kMax;
  got = loaded.model.make_mask({picture(), {}, kAll}, 0, nullptr, options);
  fail_unless_equals_int(loaded.network->forwards, 1);
  fail_unless(got.confidence.at(0, 10) == 1.0f);  // class mask
  fail_unless(got.confidence.at(9, 10) == 1.0f);
}
GST_END_TEST

/* Hands the picture on, 4 dB lower. */
class LowerDenoiser : public nn::Denoiser {
 public:
  Image denoise(const Image &value_db, ColumnRange) const override {
    Image out = value_db;
    for (std::size_t i = 0; i < out.size(); ++i) out.data()[i] -= 4;
    return out;
  }
  float operating_point_db() const override { return 6; }
};

GST_START_TEST(a_denoised_value_at_the_operating_point_is_at_0_75) {
  Model::Denoisers denoisers;
  denoisers[MaskRecipe::kDncnnSure] = std::make_unique<LowerDenoiser>();
  const Model model(settings(), std::make_unique<HalfNetwork>(), {},
                    std::move(denoisers));
  MaskOptions options;
  options.recipe = MaskRecipe::kDncnnSure;
  const MaskResult got =
      model.make_mask({picture(), {}, kAll}, 0, nullptr, options);
  ASSERT_NEAR_AT(0, got.confidence.at(9, 10), 0.75, 1e-6);  // 10 dB - 4
  fail_unless(got.confidence.at(kLineRow, 3) > 0.95f);      // 15 dB
  fail_unless(got.confidence.at(2, 10) < 0.05f);
  options.recipe = MaskRecipe::kDncnn;
  const std::string what = error_of(Errc::kBadArgument, [&] {
    model.make_mask({picture(), {}, kAll}, 0, nullptr, options);
  });
  fail_unless(what.find("mask recipe dncnn needs the tensors denoise.dncnn.*, "
                        "which this model lacks") != what.npos &&
                  what.find("sonar-model denoiser") != what.npos,
              "%s", what.c_str());
}
GST_END_TEST

/* Sure of class 1 on the upper line, half sure of it below; class 0: never. */
class HalfSure : public nn::ShareNetwork {
 public:
  std::size_t classes() const override { return 2; }
  Image probability(const Image &value_db, const Image &, ColumnRange,
                    const std::vector<float> &weights) const override {
    Image out(value_db.height(), value_db.width());
    for (std::size_t x = 0; x < out.width(); ++x) {
      out.at(kLineRow, x) = 0.9f * weights[1];
      out.at(9, x) = 0.5f * weights[1];
    }
    return out;
  }
};

GST_START_TEST(a_share_is_kept_from_the_best_expected_f1_on) {
  const Model model(settings(), std::make_unique<HalfNetwork>(), {}, {},
                    std::make_unique<HalfSure>());
  MaskOptions options;
  options.recipe = MaskRecipe::kShare;
  MaskResult got = model.make_mask({picture(), {}, kAll}, 1, nullptr, options);
  fail_unless(got.valid);
  ASSERT_NEAR_AT(0, got.confidence.at(9, 10), 0.75, 1e-6);
  /* odds 9 over 1, times 3 */
  ASSERT_NEAR_AT(1, got.confidence.at(kLineRow, 10), 27.0 / 28, 1e-6);
  fail_unless(got.confidence.at(0, 10) < 1e-4f);
  got = model.make_mask({picture(), {}, kAll}, 0, nullptr, options);
  fail_unless(!got.valid);
  /* guessed: what is believed of the classes counts, not the target */
  options.class_weights = {0.5f, 0.5f};
  got = model.make_mask({picture(), {}, kAll}, 0, nullptr, options);
  /* 0.45 and 0.25: with the first alone F1 is 0.9 / 1.7, with both 1.4 / 2.7 */
  ASSERT_NEAR_AT(2, got.confidence.at(kLineRow, 10), 0.75, 1e-6);
  fail_unless(got.confidence.at(9, 10) < 0.6f);
  const std::string what = error_of(Errc::kBadArgument, [&] {
    make_model(class_tensors())
        .model.make_mask({picture(), {}, kAll}, 0, nullptr, options);
  });
  fail_unless(what.find("mask recipe share needs the tensors share.*, which "
                        "this model lacks") != what.npos &&
                  what.find("sonar-model share") != what.npos,
              "%s", what.c_str());
}
GST_END_TEST

GST_START_TEST(released_takes_the_class_mask_that_is_asked_for) {
  std::map<std::string, Tensor> tensors = class_tensors();
  Tensor centroids = tensors.at("class.mask");
  std::fill(centroids.values.begin(), centroids.values.end(), 0.0f);
  centroids.values[3 * kWidth + 7] = 1;
  MaskOptions options;
  options.recipe = MaskRecipe::kReleased;
  options.combine = mask::Combine::kClass;
  options.class_mask = ClassMask::kCentroids;
  const std::string what = error_of(Errc::kBadArgument, [&] {
    make_model(tensors).model.make_mask({picture(), {}, kAll}, 0, nullptr,
                                        options);
  });
  fail_unless(what.find("class.mask_centroids") != what.npos, "%s",
              what.c_str());
  tensors["class.mask_centroids"] = centroids;
  const MaskResult mask = make_model(tensors).model.make_mask(
      {picture(), {}, kAll}, 0, nullptr, options);
  fail_unless(mask.confidence.at(3, 7) == 1.0f);
  fail_unless(mask.confidence.at(0, 7) == 0.0f);
}
GST_END_TEST

GST_START_TEST(a_flat_map_is_an_invalid_zero_mask) {
  const Loaded loaded = make_model({});
  MaskOptions options;
  options.recipe = MaskRecipe::kReleased;
  options.combine = mask::Combine::kImage;
  const MaskResult mask = loaded.model.make_mask({Image(16, kWidth), {}, kAll},
                                                 0, nullptr, options);
  fail_unless(!mask.valid);
  for (std::size_t i = 0; i < mask.confidence.size(); ++i)
    fail_unless(mask.confidence.data()[i] == 0.0f);
}
GST_END_TEST

GST_START_TEST(the_explanation_is_positive_where_the_class_is) {
  const Loaded loaded = make_model(class_tensors());
  MaskOptions options;
  options.explain = true;
  const MaskResult mask =
      loaded.model.make_mask({picture(), {}, kAll}, 1, nullptr, options);
  fail_unless(mask.explanation.same_shape(mask.confidence));
  fail_unless(mask.explanation.at(kLineRow, 10) > 0.0f);
  fail_unless(mask.explanation.at(9, 10) < 0.0f);
}
GST_END_TEST

GST_START_TEST(what_the_model_lacks_is_named) {
  const Loaded loaded = make_model({});
  std::string what = error_of(Errc::kBadArgument, [&] {
    loaded.model.make_mask({picture(), {}, kAll}, 0, nullptr, {});
  });
  fail_unless(
      what.find("recipe subband needs the tensor class.gate") != what.npos,
      "%s", what.c_str());
  error_of(Errc::kBadArgument, [&] {
    loaded.model.make_mask({picture(), {}, kAll}, 2, nullptr, {});
  });
  what =
      error_of(Errc::kBadArgument, [&] { loaded.model.label_index("middle"); });
  fail_unless(what.find("\"middle\", it has low, high") != what.npos);
  fail_unless_equals_int(loaded.model.label_index("high"), 1);
}
GST_END_TEST

GST_START_TEST(a_network_or_tensor_that_does_not_fit_is_a_bad_model) {
  std::string what = error_of(Errc::kBadModel, [] {
    Model(settings(), std::make_unique<HalfNetwork>(8), {});
  });
  fail_unless(what.find("8 rows") != what.npos &&
              what.find("16 rows") != what.npos);
  auto tensors = class_tensors();
  tensors["class.gate"].shape = {16, 2};
  what = error_of(Errc::kBadModel, [&] { make_model(tensors); });
  fail_unless(what.find("class.gate") != what.npos);
}
GST_END_TEST

/* ---- registry ---- */

static void add(Bundle &bundle, const std::string &name,
                std::vector<std::int64_t> shape, float value) {
  std::size_t count = 1;
  for (const std::int64_t n : shape) count *= std::size_t(n);
  bundle.tensors["net." + name] = {std::move(shape),
                                   std::vector<float>(count, value)};
}

/* A whole model file whose logits are @p bias whatever it sees. */
static void write_model(const std::string &path, float bias) {
  Bundle b;
  b.settings = settings();
  std::int64_t in = 1;
  for (int i = 1; i <= 3; ++i) {
    const std::string n = std::to_string(i);
    add(b, "conv" + n + ".weight", {2, in, i < 3 ? 3 : 1, i < 3 ? 5 : 3}, 0.1f);
    for (const char *part : {"weight", "running_var"})
      add(b, "bn" + n + "." + part, {2}, 1);
    for (const char *part : {"bias", "running_mean"})
      add(b, "bn" + n + "." + part, {2}, 0);
    in = 2;
  }
  add(b, "dense1.weight", {4, 32}, 0);
  add(b, "dense1.bias", {4}, 0);
  add(b, "dense2.weight", {3, 4}, 0);
  add(b, "dense2.bias", {3}, 0);
  add(b, "out.weight", {2, 3}, 0);
  add(b, "out.bias", {2}, 0);
  b.tensors["net.out.bias"].values[1] = bias;
  for (const auto &[name, tensor] : class_tensors()) b.tensors[name] = tensor;
  write_bundle(path, b);
}

GST_START_TEST(a_file_is_loaded_once_and_anew_when_it_changed) {
  const std::string path = (folder / "m.safetensors").string();
  write_model(path, 1);
  setenv("GST_SONAR_MODEL_PATH", folder.c_str(), 1);
  std::shared_ptr<const Model> a;
  std::shared_ptr<const Model> b;
  std::thread other([&] { b = models::open("m", "cpu"); });
  a = models::open(path, "cpu");
  other.join();
  fail_unless(a == b);
  const float before = a->classify({picture(), {}, kAll}).probabilities[1];
  ASSERT_NEAR_AT(0, before, 1 / (1 + std::exp(-1.0)), 1e-6);

  write_model(path, -1);
  const auto c = models::open(path, "cpu");
  fail_unless(c != a);
  ASSERT_NEAR_AT(0, c->classify({picture(), {}, kAll}).probabilities[1],
                 1 - before, 1e-6);
  // Who holds the old one keeps it.
  fail_unless(a->classify({picture(), {}, kAll}).probabilities[1] == before);
}
GST_END_TEST

GST_START_TEST(a_model_that_cannot_be_opened_says_why) {
  const std::string path = (folder / "m.safetensors").string();
  write_model(path, 1);
  error_of(Errc::kNotFound, [] { models::open("no-such-model", "cpu"); });
  error_of(Errc::kResource, [&] { models::open(path, "cuda:99"); });
  Bundle b = read_bundle(path);
  b.tensors.erase("net.out.bias");
  write_bundle(path, b);
  const std::string what =
      error_of(Errc::kBadModel, [&] { models::open(path, "cpu"); });
  fail_unless(
      what.find(path) != what.npos && what.find("net.out.bias") != what.npos,
      "%s", what.c_str());
}
GST_END_TEST

GST_START_TEST(the_backend_is_described) {
  const std::string what = backend_description();
  for (const char *word : {"LibTorch ", "BLAS ", "thread"})
    fail_unless(what.find(word) != what.npos, "%s", what.c_str());
}
GST_END_TEST

static Suite *model_suite(void) {
  Suite *s = suite_create("model");
  TCase *tc = tcase_create("model");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, the_class_with_the_larger_logit_is_the_best);
  tcase_add_test(tc,
                 subband_keeps_the_line_its_gate_opens_and_needs_no_forward);
  tcase_add_test(tc, evidence_is_blind_to_the_class);
  tcase_add_test(tc, released_image_mask_is_the_target_classs_half);
  tcase_add_test(tc, reverse_keeps_what_the_other_class_does_not_claim);
  tcase_add_test(tc,
                 released_gate_and_evidence_needs_no_forward_and_finds_lines);
  tcase_add_test(tc, released_class_mask_alone_needs_no_forward);
  tcase_add_test(tc,
                 the_baselines_are_the_librarys_functions_and_ask_no_network);
  tcase_add_test(tc, the_template_alone_is_a_gate);
  tcase_add_test(tc, grad_cam_is_combined_with_the_class_mask_as_released_is);
  tcase_add_test(tc, a_denoised_value_at_the_operating_point_is_at_0_75);
  tcase_add_test(tc, a_share_is_kept_from_the_best_expected_f1_on);
  tcase_add_test(tc, released_takes_the_class_mask_that_is_asked_for);
  tcase_add_test(tc, a_flat_map_is_an_invalid_zero_mask);
  tcase_add_test(tc, the_explanation_is_positive_where_the_class_is);
  tcase_add_test(tc, what_the_model_lacks_is_named);
  tcase_add_test(tc, a_network_or_tensor_that_does_not_fit_is_a_bad_model);
  TCase *files = tcase_create("registry");
  suite_add_tcase(s, files);
  tcase_add_checked_fixture(files, make_folder, remove_folder);
  tcase_add_test(files, a_file_is_loaded_once_and_anew_when_it_changed);
  tcase_add_test(files, a_model_that_cannot_be_opened_says_why);
  tcase_add_test(files, the_backend_is_described);
  return s;
}
GST_CHECK_MAIN(model)
