/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Golden data: fixtures/scorecam.py had the public Score-CAMs make
 * fixtures/scorecam.json. */
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "nn/linear_network.h"
#include "sonar/core/error.h"
#include "sonar/nn/resize.h"
#include "sonar/nn/scorecam.h"
#include "support/testing.h"

using nlohmann::json;
using namespace sonar::nn;

/* Absolute, of maps and weights of 0..1: what is promised. */
static const double kEqual = 1e-5;

static const json &cases() {
  static const json all = [] {
    const char *root = std::getenv("GST_SONAR_SOURCE_ROOT");
    std::ifstream file(std::string(root ? root : ".") +
                       "/tests/nn/fixtures/scorecam.json");
    ck_assert_msg(file.good(), "no fixtures; set GST_SONAR_SOURCE_ROOT");
    return json::parse(file);
  }();
  return all;
}

/** As number() of the script. */
static double number(std::uint32_t i, std::uint32_t seed) {
  std::uint32_t x = (i + 1 + 65537 * seed) * 0x9E3779B1u;
  x = (x ^ (x >> 15)) * 0x85EBCA77u;
  x ^= x >> 13;
  return double(x >> 22) / 512 - 1;
}

using Values = std::vector<double>;

static Values numbers(std::size_t count, std::uint32_t seed) {
  Values out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(number(std::uint32_t(i), seed));
  return out;
}

/** Convolution with a kernel of 3 x 3, zeros around. */
struct Convolution {
  std::size_t in, out;
  Values weight, bias;

  Values operator()(const Values &x, std::size_t height, std::size_t width,
                    bool relu) const {
    Values y(out * height * width);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::size_t o = i / (height * width), row = i / width % height;
      y[i] = bias[o];
      for (std::size_t c = 0; c < in; ++c)
        for (std::size_t r = 0; r < 3; ++r)
          for (std::size_t s = 0; s < 3; ++s) {
            const std::size_t from_row = row + r, column = i % width + s;
            if (from_row < 1 || from_row > height || column < 1 ||
                column > width)
              continue;
            y[i] += weight[((o * in + c) * 3 + r) * 3 + s] *
                    x[(c * height + from_row - 1) * width + column - 1];
          }
      if (relu) y[i] = std::max(y[i], 0.0);
    }
    return y;
  }
};

/** The script's networks, in float64. */
class FixtureNetwork : public Network {
 public:
  explicit FixtureNetwork(const json &f)
      : input_{f["input"][0], f["input"][1], f["input"][2]},
        pool_rows_(f["pool"][0]),
        pool_columns_(f["pool"][1]),
        maps_{f["maps"], input_.height / pool_rows_,
              input_.width / pool_columns_},
        relu_(f.value("relu", true)) {
    const std::uint32_t seed = f["seed"];
    first_ = convolution(input_.channels, kMiddle, seed);
    second_ = convolution(kMiddle, maps_.channels, seed + 2);
    dense_ = numbers(kClasses * features(), seed + 4);
    bias_ = numbers(kClasses, seed + 5);
    for (double &b : second_.bias) b += f.value("bias", 0.0);
    if (f.contains("constant"))
      for (const auto &[channel, value] : f["constant"].items()) {
        const std::size_t c = std::stoul(channel), window = 9 * kMiddle;
        std::fill_n(second_.weight.begin() + long(c * window), window, 0.0);
        second_.bias[c] = value;
      }
    const double faint = f.value("faint", 1.0);
    for (double &w : second_.weight) w *= faint;
    for (double &b : second_.bias) b *= faint;
    for (double &w : dense_) w *= f.value("gain", 1.0) / faint;
  }

  Shape input() const override { return input_; }
  Shape maps() const override { return maps_; }
  std::size_t classes() const override { return kClasses; }
  std::size_t embedding() const override { return 0; }

  Output forward(const float *inputs, std::size_t count, Want) const override {
    Output out;
    forwards += count;
    for (std::size_t i = 0; i < count; ++i) {
      const Values maps = features_of(inputs + i * input_.size());
      out.maps.insert(out.maps.end(), maps.begin(), maps.end());
      for (std::size_t c = 0; c < kClasses; ++c) {
        double logit = bias_[c];
        for (std::size_t j = 0; j < maps.size(); ++j)
          logit += dense_[c * features() + j / maps_.width] * maps[j] /
                   double(maps_.width);
        out.logits.push_back(float(logit));
      }
    }
    return out;
  }

  std::vector<float> probabilities(const float *logits) const override {
    return LinearNetwork({}, kClasses).probabilities(logits);
  }

  mutable std::size_t forwards = 0;

 private:
  static constexpr std::size_t kClasses = 3, kMiddle = 4;

  static Convolution convolution(std::size_t in, std::size_t out,
                                 std::uint32_t seed) {
    return {in, out, numbers(out * in * 9, seed), numbers(out, seed + 1)};
  }
  std::size_t features() const { return maps_.channels * maps_.height; }

  Values features_of(const float *input) const {
    const Values whole = first_(Values(input, input + input_.size()),
                                input_.height, input_.width, true);
    Values pooled(kMiddle * maps_.height * maps_.width, 0.0);  // all is >= 0
    for (std::size_t c = 0; c < kMiddle; ++c)
      for (std::size_t y = 0; y < maps_.height * pool_rows_; ++y)
        for (std::size_t x = 0; x < maps_.width * pool_columns_; ++x) {
          double &most =
              pooled[(c * maps_.height + y / pool_rows_) * maps_.width +
                     x / pool_columns_];
          most =
              std::max(most, whole[(c * input_.height + y) * input_.width + x]);
        }
    return second_(pooled, maps_.height, maps_.width, relu_);
  }

  Shape input_;
  std::size_t pool_rows_, pool_columns_;
  Shape maps_;
  bool relu_;
  Convolution first_, second_;
  Values dense_, bias_;
};

struct Picture {
  std::vector<float> input, maps;
};

static Picture picture(const FixtureNetwork &network, const json &f,
                       std::size_t i) {
  const std::size_t size = network.input().size();
  const Values all = numbers((i + 1) * size, std::uint32_t(f["seed"]) + 6);
  Picture p{{all.end() - long(size), all.end()}, {}};
  p.maps = network.forward(p.input.data(), 1, Network::Want::kEverything).maps;
  return p;
}

static ScoreCamOptions options(ScoreCamPreset preset, std::size_t batch = 32) {
  return {{batch, 0}, 0, preset};
}

static void assert_map(const std::string &what, const sonar::Image &got,
                       const json &want) {
  fail_unless(got.height() == want.size() && got.width() == want[0].size(),
              "%s: %s", what.c_str(), sonar::shape_text(got).c_str());
  for (std::size_t y = 0; y < got.height(); ++y)
    for (std::size_t x = 0; x < got.width(); ++x)
      fail_unless(std::fabs(got.at(y, x) - want[y][x].get<double>()) <= kEqual,
                  "%s: %.7f at row %zu column %zu, needed %.7f", what.c_str(),
                  double(got.at(y, x)), y, x, want[y][x].get<double>());
}

static bool is_flat(const json &map) {
  for (const json &row : map)
    for (const json &v : row)
      if (v != map[0][0]) return false;
  return true;
}

/* Where the library has no map at all, or a map of one value, ours is zero and
 * says that it is not valid. */
static void assert_preset(const json &f, const ScoreCamPresetInfo &about) {
  const FixtureNetwork network(f);
  for (std::size_t i = 0; i < f["results"].size(); ++i) {
    const json &want = f["results"][i][about.nick];
    const std::string what = std::string(about.nick) + ", " +
                             f["name"].get<std::string>() + ", picture " +
                             std::to_string(i);
    const Picture p = picture(network, f, i);
    const ScoreCam got =
        score_cam(network, p.input.data(), p.maps.data(), f["target"],
                  options(about.preset, f["batch"]));
    const bool flat = want["map"].is_null() || is_flat(want["map"]);
    fail_unless(got.valid == !flat, "%s", what.c_str());
    if (!want["map"].is_null()) assert_map(what, got.returned, want["map"]);
    if (flat)
      for (const sonar::Image *map : {&got.map, &got.returned})
        fail_unless(std::count(map->data(), map->data() + map->size(), 0.0f) ==
                        long(map->size()),
                    "%s", what.c_str());
    if (!want.contains("weights")) continue;
    fail_unless_equals_int(got.weights.size(), want["weights"].size());
    for (std::size_t c = 0; c < got.weights.size(); ++c)
      fail_unless(std::fabs(got.weights[c] -
                            want["weights"][c].get<double>()) <= kEqual,
                  "%s: channel %zu weighs %.7f, needed %.7f", what.c_str(), c,
                  double(got.weights[c]), want["weights"][c].get<double>());
  }
}

GST_START_TEST(each_preset_equals_its_library) {
  const ScoreCamPresetInfo &about = score_cam_presets()[__i__];
  fail_unless(cases().size() > 10);
  for (const json &f : cases()) assert_preset(f, about);
}
GST_END_TEST

/* `map` is what masks are made of: of the input's size with every preset. */
GST_START_TEST(the_map_is_the_returned_one_at_the_inputs_size) {
  const ScoreCamPreset preset = score_cam_presets()[__i__].preset;
  const json &f = cases()[0];
  const FixtureNetwork network(f);
  const Picture p = picture(network, f, 0);
  const ScoreCam cam =
      score_cam(network, p.input.data(), p.maps.data(), 0, options(preset));
  sonar::Image want = cam.returned;
  if (preset == ScoreCamPreset::kTorchCam) {
    fail_unless_equals_int(want.width(), network.maps().width);
    want = sonar::nn::resize_bilinear(want.data(), want.height(), want.width(),
                                      cam.map.height(), cam.map.width());
  }
  const auto ends =
      std::minmax_element(cam.map.data(), cam.map.data() + cam.map.size());
  const bool scaled =
      preset == ScoreCamPreset::kGradCam || preset == ScoreCamPreset::kTorchCam;
  const float low = scaled ? 0 : *ends.first;
  const float span = scaled ? 1 : *ends.second - *ends.first;
  fail_unless(want.same_shape(cam.map));
  for (std::size_t i = 0; i < want.size(); ++i)
    ASSERT_NEAR_AT(i, want.data()[i], (cam.map.data()[i] - low) / span, 1e-6);
}
GST_END_TEST

GST_START_TEST(constant_channels_are_one_forward_pass_together) {
  const json &f = cases()[4];
  fail_unless(f["name"] == "constant channels");
  const FixtureNetwork network(f);
  const Picture p = picture(network, f, 0);
  for (const ScoreCamPresetInfo &about : score_cam_presets()) {
    const bool counted = about.preset == ScoreCamPreset::kGradCam ||
                         about.preset == ScoreCamPreset::kTorchCam;
    network.forwards = 0;
    const ScoreCam cam = score_cam(network, p.input.data(), p.maps.data(), 0,
                                   options(about.preset));
    fail_unless_equals_int(network.forwards, counted ? 4 : 3);
    fail_unless((cam.weights[3] > 0) == counted);
  }
}
GST_END_TEST

GST_START_TEST(a_channel_that_is_not_finite_is_as_if_it_were_not_there) {
  const ScoreCamPreset preset = score_cam_presets()[__i__].preset;
  json f = cases()[0];
  const FixtureNetwork network(f);
  Picture p = picture(network, f, 0);
  const std::size_t area = network.maps().height * network.maps().width;
  p.maps[2 * area + 3] = NAN;
  p.maps[4 * area] = HUGE_VALF;
  const ScoreCam cam =
      score_cam(network, p.input.data(), p.maps.data(), 0, options(preset));
  fail_unless(cam.valid && cam.weights[2] == 0 && cam.weights[4] == 0);
  for (std::size_t i = 0; i < cam.map.size(); ++i)
    fail_unless(std::isfinite(cam.map.data()[i]));
  if (preset == ScoreCamPreset::kReleased) return;
  double sum = 0;
  for (const float w : cam.weights) sum += double(w);
  ASSERT_NEAR_AT(0, sum, 1, 1e-6);
}
GST_END_TEST

/* The cap counts a constant channel as the one of least deviation. */
GST_START_TEST(capped_channels_share_the_softmax_among_them) {
  const json &f = cases()[4];
  const FixtureNetwork network(f);
  const Picture p = picture(network, f, 0);
  ScoreCamOptions capped = options(ScoreCamPreset::kTorchCam);
  const auto weights = [&] {
    return score_cam(network, p.input.data(), p.maps.data(), 0, capped).weights;
  };
  const auto all = weights();
  capped.max_channels = 3;
  const auto some = weights();
  for (const std::size_t c : {1, 3, 4}) ASSERT_NEAR_AT(c, some[c], 0, 0);
  const double sum = double(all[0]) + double(all[2]) + double(all[5]);
  for (const std::size_t c : {0, 2, 5})
    ASSERT_NEAR_AT(c, some[c], double(all[c]) / sum, 1e-6);
}
GST_END_TEST

GST_START_TEST(
    a_preset_has_one_nick_and_an_unknown_one_is_told_those_there_are) {
  for (const ScoreCamPresetInfo &about : score_cam_presets())
    fail_unless(parse_score_cam_preset(nick(about.preset)) == about.preset);
  try {
    parse_score_cam_preset("captum");
    ck_abort_msg("an unknown preset was accepted");
  } catch (const sonar::Error &e) {
    fail_unless(e.code() == sonar::Errc::kBadArgument);
    fail_unless_equals_string(
        e.what(),
        "there is no Score-CAM preset 'captum'; choose released, paper-v2, "
        "grad-cam, torch-cam");
  }
}
GST_END_TEST

static Suite *scorecam_presets_suite(void) {
  Suite *s = suite_create("scorecam_presets");
  TCase *tc = tcase_create("presets");
  suite_add_tcase(s, tc);
  const int presets = int(score_cam_presets().size());
  tcase_add_loop_test(tc, each_preset_equals_its_library, 0, presets);
  tcase_add_loop_test(tc, the_map_is_the_returned_one_at_the_inputs_size, 0,
                      presets);
  tcase_add_test(tc, constant_channels_are_one_forward_pass_together);
  tcase_add_loop_test(
      tc, a_channel_that_is_not_finite_is_as_if_it_were_not_there, 0, presets);
  tcase_add_test(tc, capped_channels_share_the_softmax_among_them);
  tcase_add_test(
      tc, a_preset_has_one_nick_and_an_unknown_one_is_told_those_there_are);
  return s;
}
GST_CHECK_MAIN(scorecam_presets)
