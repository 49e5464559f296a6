/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/denoiser.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <functional>
#include <random>

#include "sonar/core/error.h"
#include "support/testing.h"

using namespace sonar;
using namespace sonar::models;
using Tensors = std::map<std::string, Tensor>;

static const MaskRecipe kNetworks[] = {MaskRecipe::kAutoencoder,
                                       MaskRecipe::kDncnn};
/* Odd and no multiple of 8: the auto-encoder must come back to them. */
static const int kHeight = 7, kWidth = 13;

static std::vector<float> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> out(count);
  for (float &v : out) v = float(random() >> 8) / float(1 << 24);
  return out;
}

/* Weights as after some training: statistics and offsets away from 0 and 1. */
static Tensors trained(MaskRecipe kind) {
  Tensors tensors = DenoiserNet(kind, 1).to_tensors();
  unsigned seed = 0;
  for (auto &[name, tensor] : tensors) {
    const std::vector<float> r = noise(tensor.values.size(), ++seed);
    const bool variance = name.find("running_var") != name.npos;
    const bool convolution = tensor.shape.size() == 4;
    for (std::size_t i = 0; i < r.size(); ++i)
      if (!convolution) tensor.values[i] = variance ? 0.5f + r[i] : r[i] - 0.4f;
  }
  tensors[operating_point_name(kind)] = {{1}, {2.5f}};
  return tensors;
}

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

/* ---- the networks in plain loops, from denoiser.h's docstring ---- */

struct Planes {
  int channels, height, width;
  std::vector<double> v;
  double &at(int c, int y, int x) { return v[(c * height + y) * width + x]; }
};

static Planes blank(int channels, int height, int width) {
  return {channels, height, width,
          std::vector<double>(std::size_t(channels * height * width))};
}

static Planes slow_layer(const Tensors &w, const std::string &prefix, int layer,
                         Planes in, int step, bool relu) {
  const std::string n = std::to_string(layer);
  const Tensor &k = w.at(prefix + "conv" + n + ".weight");
  const int rows = int(k.shape[2]), columns = int(k.shape[3]);
  const auto vector = [&](const std::string &name, int c, double without) {
    const auto found = w.find(prefix + name);
    return found == w.end() ? without
                            : double(found->second.values[std::size_t(c)]);
  };
  const bool normed = w.count(prefix + "bn" + n + ".weight") > 0;
  Planes out = blank(int(k.shape[0]), in.height, (in.width + step - 1) / step);
  for (int o = 0; o < out.channels; ++o)
    for (int y = 0; y < out.height; ++y)
      for (int x = 0; x < out.width; ++x) {
        double sum = vector("conv" + n + ".bias", o, 0);
        for (int c = 0; c < in.channels; ++c)
          for (int i = 0; i < rows; ++i)
            for (int j = 0; j < columns; ++j) {
              const int yy = y + i - rows / 2, xx = x * step + j - columns / 2;
              if (yy < 0 || yy >= in.height || xx < 0 || xx >= in.width)
                continue;
              sum += in.at(c, yy, xx) *
                     k.values[std::size_t(
                         ((o * in.channels + c) * rows + i) * columns + j)];
            }
        if (normed)
          sum = (sum - vector("bn" + n + ".running_mean", o, 0)) /
                    std::sqrt(vector("bn" + n + ".running_var", o, 1) + 1e-5) *
                    vector("bn" + n + ".weight", o, 1) +
                vector("bn" + n + ".bias", o, 0);
        out.at(o, y, x) = relu ? std::max(sum, 0.0) : sum;
      }
  return out;
}

/* Nearest: column x of the wider one comes from floor(x * narrow / wide). */
static Planes slow_widen(Planes in, int width) {
  Planes out = blank(in.channels, in.height, width);
  for (int c = 0; c < in.channels; ++c)
    for (int y = 0; y < in.height; ++y)
      for (int x = 0; x < width; ++x)
        out.at(c, y, x) = in.at(c, y, x * in.width / width);
  return out;
}

static std::vector<double> slow_forward(MaskRecipe kind, const Planes &in) {
  const Tensors w = trained(kind);
  const std::string prefix = denoiser_prefix(kind);
  Planes x = in;
  if (kind == MaskRecipe::kAutoencoder) {
    const int widths[] = {kWidth, (kWidth + 1) / 2, ((kWidth + 1) / 2 + 1) / 2};
    for (int i = 1; i <= 3; ++i) x = slow_layer(w, prefix, i, x, 2, true);
    for (int i = 4; i <= 6; ++i)
      x = slow_layer(w, prefix, i, slow_widen(x, widths[6 - i]), 1, i < 6);
    return x.v;
  }
  for (int i = 1; i <= 8; ++i) x = slow_layer(w, prefix, i, x, 1, i < 8);
  std::vector<double> out = in.v;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] -= x.v[i];
  return out;
}

GST_START_TEST(a_denoiser_equals_plain_loops) {
  const MaskRecipe kind = kNetworks[__i__];
  const DenoiserNet net(kind, trained(kind));
  std::vector<float> input = noise(kHeight * kWidth, 9);
  at::NoGradGuard no_grad;
  const at::Tensor got =
      net.forward(at::from_blob(input.data(), {1, 1, kHeight, kWidth}), false)
          .contiguous();
  fail_unless_equals_int(got.size(2), kHeight);
  fail_unless_equals_int(got.size(3), kWidth);
  const std::vector<double> want =
      slow_forward(kind, {1, kHeight, kWidth, {input.begin(), input.end()}});
  double largest = 0;
  for (const double v : want) largest = std::max(largest, std::fabs(v));
  /* Eight layers of 288 products each in float32. */
  for (std::size_t i = 0; i < want.size(); ++i)
    ASSERT_NEAR_AT(i, got.data_ptr<float>()[i], want[i], 2e-5 * largest);
  fail_unless(largest > 0.1);
}
GST_END_TEST

GST_START_TEST(a_dncnn_whose_last_layer_is_zero_gives_its_input_back) {
  Tensors tensors = trained(MaskRecipe::kDncnn);
  const std::string prefix = denoiser_prefix(MaskRecipe::kDncnn);
  for (const char *name : {"conv8.weight", "conv8.bias"})
    for (float &v : tensors.at(prefix + name).values) v = 0;
  const auto denoiser = make_denoiser(MaskRecipe::kDncnn, tensors, "cpu");
  Image value(8, 10);
  for (std::size_t i = 0; i < value.size(); ++i)
    value.data()[i] = float(i % 31) - 18;  // to 12 dB, just over the cap
  const ColumnRange valid{2, 9};
  const Image got = denoiser->denoise(value, valid);
  for (std::size_t y = 0; y < 8; ++y)
    for (std::size_t x = 0; x < 10; ++x) {
      const bool in = x >= valid.begin && x < valid.end;
      const double want =
          in ? std::min(double(value.at(y, x)), 20 * std::log10(4.0)) : 0;
      ASSERT_NEAR_AT(y * 10 + x, got.at(y, x), want, 1e-5);
    }
  fail_unless(denoiser->operating_point_db() == 2.5f);
}
GST_END_TEST

GST_START_TEST(the_scale_is_capped_and_repeats_the_valid_columns) {
  Image value(1, 6);
  const float twice = float(20 * std::log10(2.0));
  const float levels[] = {99, 0, twice, 30, -99, 99};
  std::copy_n(levels, 6, value.data());
  for (const MaskRecipe kind : {MaskRecipe::kDncnn, MaskRecipe::kDncnnSure}) {
    const double exponent = scale_exponent(kind);
    const std::vector<float> got = to_scale(value, {1, 4}, exponent);
    const double powers[] = {16, 1, 4, 16, 1, 4};
    for (std::size_t i = 0; i < 6; ++i)
      ASSERT_NEAR_AT(i, got[i], std::pow(powers[i], exponent), 1e-6);
    ASSERT_NEAR_AT(6, from_scale(got[2], exponent), twice, 1e-5);
    ASSERT_NEAR_AT(7, from_scale(-1, exponent), -60, 0);
  }
}
GST_END_TEST

/* Noise of exponential power, and tones of it: what the networks rely on. */
GST_START_TEST(noise_has_nearly_one_deviation_at_every_level_of_the_scale) {
  std::mt19937 random(1);
  std::normal_distribution<double> part(0, std::sqrt(0.5));
  const double exponent = scale_exponent(MaskRecipe::kDncnnSure);
  std::vector<double> deviations;
  for (const double amplitude : {0.0, 1.0, 2.0, 3.0}) {
    double sum = 0, square = 0, cube = 0;
    const int n = 40000;
    for (int i = 0; i < n; ++i) {
      const double re = part(random) + amplitude, im = part(random);
      const double x = std::pow(re * re + im * im, exponent);
      sum += x / n;
      square += x * x / n;
      cube += x * x * x / n;
    }
    const double power = square - sum * sum;
    deviations.push_back(std::sqrt(power));
    const double skew =
        (cube - 3 * sum * square + 2 * sum * sum * sum) / std::pow(power, 1.5);
    fail_unless(std::fabs(skew) < 0.5, "skewness %f at %f", skew, amplitude);
  }
  for (const double d : deviations)
    ASSERT_NEAR_AT(0, d / deviations[0], 1, 0.25);
}
GST_END_TEST

GST_START_TEST(what_a_denoiser_cannot_take_is_refused) {
  const auto denoiser =
      make_denoiser(MaskRecipe::kDncnn, trained(MaskRecipe::kDncnn), "cpu");
  Image value(4, 8);
  const Image nothing = denoiser->denoise(value, {5, 5});
  for (std::size_t i = 0; i < nothing.size(); ++i)
    fail_unless(nothing.data()[i] == 0.0f);
  std::string what = error_of(Errc::kBadArgument, [&] {
    denoiser->denoise(value, {0, 9});
  });
  fail_unless(what.find("0 to 9") != what.npos);
  value.at(1, 2) = NAN;
  what = error_of(Errc::kNumeric, [&] { denoiser->denoise(value, {0, 8}); });
  fail_unless(what.find("row 1") != what.npos);
  denoiser->denoise(value, {3, 8});  // not a valid column
}
GST_END_TEST

GST_START_TEST(the_tensors_of_a_model_decide_which_denoisers_it_has) {
  Tensors tensors = trained(MaskRecipe::kDncnn);
  const Tensors sure = trained(MaskRecipe::kDncnnSure);
  fail_unless(make_denoisers({}, "cpu").empty());
  fail_unless_equals_int(make_denoisers(tensors, "cpu").size(), 1);
  tensors.insert(sure.begin(), sure.end());
  const auto both = make_denoisers(tensors, "cpu");
  fail_unless(both.count(MaskRecipe::kDncnn) == 1 &&
              both.count(MaskRecipe::kDncnnSure) == 1 && both.size() == 2);
  tensors.erase("denoise.dncnn.bn3.bias");
  std::string what =
      error_of(Errc::kBadModel, [&] { make_denoisers(tensors, "cpu"); });
  fail_unless(what.find("no tensor denoise.dncnn.bn3.bias [32]") != what.npos,
              "%s", what.c_str());
  tensors = sure;
  tensors.erase(operating_point_name(MaskRecipe::kDncnnSure));
  what = error_of(Errc::kBadModel, [&] { make_denoisers(tensors, "cpu"); });
  fail_unless(what.find("denoise.dncnn-sure.operating_point") != what.npos);
}
GST_END_TEST

static Suite *denoiser_suite(void) {
  Suite *s = suite_create("denoiser");
  TCase *tc = tcase_create("denoiser");
  suite_add_tcase(s, tc);
  tcase_add_loop_test(tc, a_denoiser_equals_plain_loops, 0,
                      G_N_ELEMENTS(kNetworks));
  tcase_add_test(tc, a_dncnn_whose_last_layer_is_zero_gives_its_input_back);
  tcase_add_test(tc, the_scale_is_capped_and_repeats_the_valid_columns);
  tcase_add_test(tc,
                 noise_has_nearly_one_deviation_at_every_level_of_the_scale);
  tcase_add_test(tc, what_a_denoiser_cannot_take_is_refused);
  tcase_add_test(tc, the_tensors_of_a_model_decide_which_denoisers_it_has);
  return s;
}
GST_CHECK_MAIN(denoiser)
