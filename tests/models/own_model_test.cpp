/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <torch/script.h>

#include <functional>

#include "models/evaluate/explained_recording.h"
#include "models/network_input.h"
#include "models/own_settings.h"
#include "models/registry.h"
#include "sonar/core/error.h"
#include "sonar/mask/evidence.h"
#include "sonar/nn/resize.h"
#include "support/folder.h"
#include "support/testing.h"
#include "support/tiny_pictures.h"

using namespace sonar;
using namespace sonar::models;
using namespace sonar::testing;

/* LibTorch adds in another order where it computes several pictures. */
static const double kTolerance = 1e-5;
static const std::size_t kLowRow = 12, kHighRow = 3;

static Settings tiny_settings(int channels = 1) {
  Settings s;
  s.labels = {"low", "high"};
  s.recipe = tiny_recipe();
  s.mask_recipe = MaskRecipe::kEvidence;
  s.architecture.network = Architecture::Network::kTorchScript;
  s.architecture.input_channels = channels;
  const auto n = std::size_t(channels);
  s.architecture.scaling = {0, 40, std::vector<double>(n, 0.25),
                            std::vector<double>(n, 0.5)};
  return s;
}

static const char *const kName = "m.pt";

/* A TorchScript file with @p code as its module's methods and weights of two
 * convolutions, 1 to 4 to 3 channels, and a head of two classes. */
static std::string save(const std::string &code,
                        const Settings &settings = tiny_settings()) {
  torch::manual_seed(3);
  torch::jit::Module m("Own");
  const auto add = [&](const char *name, at::IntArrayRef shape) {
    m.register_parameter(name, torch::randn(shape) * 0.4, false);
  };
  add("a", {4, settings.architecture.input_channels, 3, 3});
  add("b", {3, 4, 3, 3});
  add("head", {2, 3});
  add("all", {2, std::int64_t(kTiny * kTiny)});
  m.define(code);
  const std::string path = (folder / kName).string();
  m.save(path, {{kOwnSettings, own_settings_to_json(settings)}});
  return path;
}

static const char *const kTwoConvolutions = R"(
def forward(self, x):
    x = torch.max_pool2d(torch.relu(torch.conv2d(x, self.a, None, [1, 1], [1, 1])), [2, 2])
    x = torch.conv2d(x, self.b, None, [1, 1], [1, 1])
    x = torch.relu_(torch.add(x, 0.125))
    return torch.matmul(torch.mean(x, [2, 3]), self.head.t())
)";

/* The same network, layer by layer. */
struct Plain {
  at::Tensor maps, logits;
  Plain(const std::vector<float> &inputs, std::int64_t count,
        std::int64_t channels) {
    torch::manual_seed(3);
    const at::Tensor a = torch::randn({4, channels, 3, 3}) * 0.4,
                     b = torch::randn({3, 4, 3, 3}) * 0.4,
                     head = torch::randn({2, 3}) * 0.4;
    const at::Tensor x =
        at::from_blob(const_cast<float *>(inputs.data()),
                      {count, channels, kTiny, kTiny}, at::kFloat);
    const at::Tensor half =
        at::max_pool2d(at::relu(at::conv2d(x, a, {}, 1, 1)), 2);
    maps = at::relu(at::conv2d(half, b, {}, 1, 1) + 0.125);
    logits = at::matmul(maps.mean(at::IntArrayRef{2, 3}), head.t());
  }
};

static void assert_same(const std::vector<float> &got, const at::Tensor &want) {
  const at::Tensor flat = want.contiguous().flatten();
  fail_unless_equals_int(got.size(), flat.numel());
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_NEAR_AT(i, got[i], flat[std::int64_t(i)].item<float>(), kTolerance);
}

static PictureData picture(std::size_t row = kLowRow,
                           ColumnRange valid = {0, kTiny}) {
  return {tiny_decoded(tiny_line(row)), {}, valid};
}

static std::vector<float> inputs_of(const Settings &s, std::size_t count) {
  std::vector<float> out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto one = network_input(s, picture(1 + i % 14));
    out.insert(out.end(), one.begin(), one.end());
  }
  return out;
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

static void assert_words(const std::string &what, const char *words) {
  ck_assert_msg(what.find(words) != std::string::npos, "no \"%s\" in: %s",
                words, what.c_str());
}

/* ---- what it sees ---- */

GST_START_TEST(gray_is_the_picture_between_its_limits_scaled_and_repeated) {
  Settings s = tiny_settings(3);
  s.architecture.scaling.mean = {0, 0.25, 0.5};
  s.architecture.scaling.deviation = {1, 0.5, 0.125};
  Image db(1, 4);
  const float values[] = {-5, 10, 30, 70};
  std::copy_n(values, 4, db.data());
  const auto got = network_input(s, {db, {}, {1, 4}});
  fail_unless_equals_int(got.size(), 12);
  // column 0 holds no signal and repeats column 3
  const double gray[] = {1, 0.25, 0.75, 1};
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t x = 0; x < 4; ++x)
      fail_unless(double(got[4 * c + x]) ==
                  (gray[x] - s.architecture.scaling.mean[c]) /
                      s.architecture.scaling.deviation[c]);
  // removed is 0 dB over a background, and without one the darkest gray
  s.architecture.scaling.low_db = -10;
  const auto blank = network_blank(s, {db, {}, {1, 4}});
  fail_unless(blank[0] == 0.2f && blank[3] == 0.2f);
  s.recipe.normalizer = Normalizer::kNone;
  fail_unless(network_blank(s, {db, {}, {1, 4}})[0] == 0);
  db.at(0, 2) = NAN;
  assert_words(error_of(Errc::kNumeric,
                        [&] {
                          network_input(s, {db, {}, {1, 4}});
                        }),
               "not finite at row 0, column 2");
  assert_words(error_of(Errc::kBadArgument,
                        [&] {
                          network_input(s, {db, {}, {2, 2}});
                        }),
               "at least one valid column");
}
GST_END_TEST

/* ---- the network ---- */

GST_START_TEST(logits_and_maps_of_the_last_convolution_are_the_plain_ones) {
  for (const int channels : {1, 3}) {
    const Settings s = tiny_settings(channels);
    const auto model = open(save(kTwoConvolutions, s), "cpu");
    const nn::Network &net = model->network();
    fail_unless_equals_int(net.maps().channels, 3);
    fail_unless_equals_int(net.maps().height, kTiny / 2);
    fail_unless_equals_int(net.embedding(), 3);
    const auto inputs = inputs_of(s, 5);
    const Plain want(inputs, 5, channels);
    const auto got =
        net.forward(inputs.data(), 5, nn::Network::Want::kEverything);
    assert_same(got.logits, want.logits);
    assert_same(got.maps, want.maps);  // after relu_, which works in place
    assert_same(got.embedding, want.maps.mean(at::IntArrayRef{2, 3}));
    const auto few = net.forward(inputs.data(), 5, nn::Network::Want::kLogits);
    fail_unless(few.maps.empty() && few.logits == got.logits);
  }
}
GST_END_TEST

GST_START_TEST(features_that_forward_gives_come_before_a_convolutions) {
  const auto model = open(save(R"(
def forward(self, x):
    y = torch.relu(torch.conv2d(x, self.a, None, [1, 1], [1, 1]))
    z = torch.conv2d(y, self.b)
    return torch.matmul(torch.mean(z, [2, 3]), self.head.t()), y
)"),
                          "cpu");
  const nn::Shape maps = model->network().maps();
  fail_unless(maps.channels == 4 && maps.height == kTiny &&
              maps.width == kTiny);
}
GST_END_TEST

/* A 1 x 1 convolution on what was pooled away is a dense layer. */
GST_START_TEST(a_convolution_without_an_area_is_passed_over) {
  const auto model = open(save(R"(
def forward(self, x):
    x = torch.conv2d(x, self.a, None, [2, 2], [1, 1])
    y = torch.adaptive_avg_pool2d(x, [1, 1])
    y = torch.conv2d(y, self.b[:, :, 1:2, 1:2])
    return torch.matmul(torch.flatten(y, 1), self.head.t())
)"),
                          "cpu");
  const nn::Shape maps = model->network().maps();
  fail_unless(maps.channels == 4 && maps.height == kTiny / 2);
}
GST_END_TEST

static const char *const kNoConvolution = R"(
def forward(self, x):
    return torch.matmul(torch.flatten(x, 1), self.all.t())
)";

GST_START_TEST(without_a_convolution_it_classifies_and_score_cam_says_why_not) {
  const auto model = open(save(kNoConvolution), "cpu");
  fail_unless_equals_int(model->network().maps().size(), 0);
  const PictureData p = picture();
  const Classification seen = model->classify(p);
  ASSERT_NEAR_AT(0, seen.probabilities[0] + seen.probabilities[1], 1, 1e-6);
  MaskOptions options;
  options.recipe = MaskRecipe::kEvidence;
  const MaskResult mask = model->make_mask(p, 0, &seen, options);
  const Image want = mask::blind_confidence(p.value_db, {}, p.valid);
  fail_unless(std::equal(want.data(), want.data() + want.size(),
                         mask.confidence.data()));
  options.recipe = MaskRecipe::kReleased;
  options.combine = mask::Combine::kImage;
  assert_words(error_of(Errc::kBadArgument,
                        [&] { model->make_mask(p, 0, &seen, options); }),
               "needs the feature maps of a convolution");
  assert_words(error_of(Errc::kBadArgument,
                        [&] {
                          explain_recording(*model, "unread.wav", "",
                                            nn::ScoreCamPreset::kReleased,
                                            false, {});
                        }),
               "Score-CAM needs the feature maps of a convolution");
  options.explain = true;  // which needs logits only
  options.recipe = MaskRecipe::kEvidence;
  fail_unless(!model->make_mask(p, 0, &seen, options).explanation.empty());
}
GST_END_TEST

GST_START_TEST(classes_that_do_not_exclude_each_other_have_a_sigmoid_each) {
  Settings s = tiny_settings();
  s.architecture.exclusive = false;
  const auto model = open(save(kTwoConvolutions, s), "cpu");
  fail_unless(!model->exclusive());
  const auto input = network_input(s, picture());
  const Plain want(input, 1, 1);
  const auto p = model->classify(picture()).probabilities;
  for (std::size_t c = 0; c < 2; ++c)
    ASSERT_NEAR_AT(c, p[c],
                   want.logits.sigmoid()[0][std::int64_t(c)].item<float>(),
                   kTolerance);
}
GST_END_TEST

/* A network that takes one picture only is given one at a time, and pictures
 * together, in any batch and number of threads, give what they give alone. */
GST_START_TEST(batches_and_threads_give_what_one_at_a_time_gives) {
  const char *const one_only = R"(
def forward(self, x):
    x = torch.relu(torch.conv2d(x, self.a, None, [2, 2], [1, 1]))
    x = torch.relu(torch.conv2d(x, self.b, None, [1, 1], [1, 1]))
    return torch.matmul(torch.mean(x, [2, 3]).view([1, 3]), self.head.t())
)";
  for (const char *code : {kTwoConvolutions, one_only}) {
    const Settings s = tiny_settings();
    const auto model = open(save(code, s), "cpu");
    const nn::Network &net = model->network();
    const auto inputs = inputs_of(s, 7);
    const auto all =
        net.forward(inputs.data(), 7, nn::Network::Want::kEverything);
    for (std::size_t i = 0; i < 7; ++i) {
      const auto one = net.forward(inputs.data() + i * net.input().size(), 1,
                                   nn::Network::Want::kEverything);
      for (std::size_t k = 0; k < 2; ++k)
        ASSERT_NEAR_AT(i, one.logits[k], all.logits[2 * i + k], kTolerance);
      for (std::size_t k = 0; k < one.maps.size(); ++k)
        ASSERT_NEAR_AT(k, one.maps[k], all.maps[i * one.maps.size() + k],
                       kTolerance);
    }
    const std::vector<std::size_t> channels = {0, 1, 2, 1};
    const auto want =
        net.masked_logits(inputs.data(), all.maps.data(), channels, {},
                          {1, 1, nn::Precision::kAuto});
    for (const std::size_t batch : {2, 3, 32})
      for (const std::size_t threads : {0, 1, 2}) {
        const auto got =
            net.masked_logits(inputs.data(), all.maps.data(), channels, {},
                              {batch, threads, nn::Precision::kAuto});
        fail_unless_equals_int(got.size(), want.size());
        for (std::size_t i = 0; i < got.size(); ++i)
          fail_unless(std::isnan(want[i])
                          ? std::isnan(got[i])
                          : std::fabs(got[i] - want[i]) <= float(kTolerance));
      }
  }
}
GST_END_TEST

/* It is given copies: the pictures are the callers', who go on with them. */
GST_START_TEST(a_forward_that_works_in_place_leaves_the_pictures_alone) {
  const Settings s = tiny_settings();
  const auto inputs = inputs_of(s, 3);
  const auto doubles = open(save(R"(
def forward(self, x):
    x.mul_(2)
    y = torch.conv2d(x, self.a, None, [1, 1], [1, 1])
    return torch.matmul(torch.mean(y, [2, 3])[:, :3], self.head.t())
)",
                                 s),
                            "cpu");
  auto given = inputs;
  const auto first =
      doubles->network().forward(given.data(), 3, nn::Network::Want::kLogits);
  fail_unless(given == inputs);
  const auto again =
      doubles->network().forward(given.data(), 3, nn::Network::Want::kLogits);
  fail_unless(first.logits == again.logits);
}
GST_END_TEST

/* ---- masks ---- */

/* Score-CAM written out: each map enlarged, scaled to 0..1 and multiplied into
 * what the network is given; the class' probability of that weighs the map. */
static Image plain_score_cam(const std::vector<float> &input,
                             std::int64_t channels, std::int64_t target) {
  const Plain seen(input, 1, channels);
  const at::Tensor up = at::upsample_bilinear2d(
      seen.maps, {std::int64_t(kTiny), std::int64_t(kTiny)}, false);
  at::Tensor sum = at::zeros({std::int64_t(kTiny), std::int64_t(kTiny)});
  const at::Tensor x = at::from_blob(const_cast<float *>(input.data()),
                                     {1, channels, kTiny, kTiny}, at::kFloat);
  for (std::int64_t k = 0; k < up.size(1); ++k) {
    const at::Tensor map = up[0][k];
    const at::Tensor span = map.max() - map.min();
    if (span.item<float>() == 0) continue;
    const at::Tensor masked = (x * ((map - map.min()) / span)).contiguous();
    const std::vector<float> values(masked.data_ptr<float>(),
                                    masked.data_ptr<float>() + masked.numel());
    const at::Tensor p = Plain(values, 1, channels).logits.softmax(1);
    sum = sum + p[0][target] * map;
  }
  sum = sum.relu();
  sum = (sum - sum.min()) / (sum.max() - sum.min());
  Image out(kTiny, kTiny);
  std::copy_n(sum.contiguous().data_ptr<float>(), out.size(), out.data());
  return out;
}

GST_START_TEST(released_with_combine_image_is_score_cam_written_out) {
  for (const int channels : {1, 3}) {
    const Settings s = tiny_settings(channels);
    const auto model = open(save(kTwoConvolutions, s), "cpu");
    MaskOptions options;
    options.recipe = MaskRecipe::kReleased;
    options.combine = mask::Combine::kImage;
    for (const std::size_t target : {0, 1}) {
      const PictureData p = picture(kHighRow);
      const MaskResult got = model->make_mask(p, target, nullptr, options);
      fail_unless(got.valid);
      const Image want =
          plain_score_cam(network_input(s, p), channels, std::int64_t(target));
      for (std::size_t i = 0; i < want.size(); ++i)
        ASSERT_NEAR_AT(i, got.confidence.data()[i], want.data()[i], kTolerance);
    }
  }
}
GST_END_TEST

GST_START_TEST(recipes_that_need_a_class_model_say_that_there_is_none) {
  const auto model = open(save(kTwoConvolutions), "cpu");
  const auto refused = [&](MaskRecipe recipe, mask::Combine combine) {
    MaskOptions options;
    options.recipe = recipe;
    options.combine = combine;
    return error_of(Errc::kBadArgument,
                    [&] { model->make_mask(picture(), 0, nullptr, options); });
  };
  for (const MaskRecipe recipe :
       {MaskRecipe::kReleased, MaskRecipe::kSubband}) {
    const std::string what = refused(recipe, mask::Combine::kAdd);
    assert_words(what, "which this model lacks: a TorchScript model has none");
    assert_words(what, "released with combine image");
  }
  assert_words(refused(MaskRecipe::kLines, mask::Combine::kAdd),
               "needs a line model");
  assert_words(refused(MaskRecipe::kGradCam, mask::Combine::kImage),
               "gives no gradients");
}
GST_END_TEST

/* ---- what it refuses ---- */

static std::string refusal(const std::string &code,
                           const Settings &s = tiny_settings()) {
  const std::string path = save(code, s);
  const std::string what =
      error_of(Errc::kBadModel, [&] { open(path, "cpu"); });
  assert_words(what, "model file ");
  return what;
}

static const char *forward(const char *result) {
  static std::string code;
  code = std::string("\ndef forward(self, x):\n    ") + result + "\n";
  return code.c_str();
}

GST_START_TEST(each_network_that_cannot_be_used_has_its_own_words) {
  Settings three = tiny_settings();
  three.labels.push_back("third");
  assert_words(refusal(kTwoConvolutions, three),
               "logits of shape [1, 2] for one picture, needed [1, 3]");
  Settings wide = tiny_settings();
  wide.recipe.width = 24;
  const std::string shapes = refusal(kNoConvolution, wide);
  assert_words(shapes,
               "its forward fails on a picture of 1 channels x 16 rows x 24");
  assert_words(shapes, "mat1 and mat2 shapes cannot be multiplied");
  assert_words(refusal(forward("return torch.sum(x, [2, 3]) * float('nan')"),
                       tiny_settings(3)),
               "logits of shape [1, 3]");
  assert_words(refusal(forward("return torch.matmul(torch.flatten(x, 1), "
                               "self.all.t()) * float('nan')")),
               "gives NaN or infinity on a test picture");
  assert_words(
      refusal(forward("assert torch.numel(x) < 9, 'not today'\n    return x")),
      "not today");
  assert_words(refusal(forward("return 3")),
               "gives Int, needed logits or (logits, features)");
  assert_words(refusal("\ndef forward(self, x, y):\n    return x\n"),
               "takes 2 arguments, needed one");
  assert_words(refusal("\ndef answer(self, x):\n    return x\n"),
               "has no forward");
  assert_words(refusal(forward("return torch.matmul(torch.flatten(x, 1), "
                               "self.all.t()), torch.mean(x, [2, 3], True)")),
               "features of shape [1, 1, 1, 1]");
}
GST_END_TEST

/* Of a function that forward calls LibTorch 1.13 keeps no name. */
GST_START_TEST(a_failure_inside_a_called_function_has_its_words_too) {
  Settings wide = tiny_settings();
  wide.recipe.width = 24;
  assert_words(refusal(R"(
def inner(self, x):
    return torch.matmul(torch.flatten(x, 1), self.all.t())
def forward(self, x):
    return self.inner(x) + self.inner(2 * x)
)",
                       wide),
               "mat1 and mat2 shapes cannot be multiplied");
}
GST_END_TEST

GST_START_TEST(a_corrupt_file_is_a_bad_model) {
  const std::string path = save(kTwoConvolutions);
  std::ifstream file(path, std::ios::binary);
  const std::string good{std::istreambuf_iterator<char>(file), {}};
  const auto put = [&](std::size_t at, char value) {
    std::string bytes = good;
    bytes[at] = value;
    std::ofstream(path, std::ios::binary) << bytes;
  };
  const std::size_t weights = good.find("data/0");
  put(weights + 64, char(good[weights + 64] ^ 1));
  assert_words(error_of(Errc::kBadModel, [&] { open(path, "cpu"); }),
               "is not what its CRC-32 and size say");
  fail_unless_equals_int(read_settings(path).labels.size(), 2);
}
GST_END_TEST

GST_START_TEST(a_forward_that_fails_later_is_a_resource_error) {
  const auto model = open(save(R"(
def forward(self, x):
    assert not bool(torch.max(x) > 4.0), 'too loud'
    return torch.matmul(torch.flatten(x, 1), self.all.t())
)"),
                          "cpu");
  std::vector<float> loud(model->network().input().size(), 5);
  const auto run = [&] {
    model->network().forward(loud.data(), 1, nn::Network::Want::kLogits);
  };
  assert_words(error_of(Errc::kResource, run),
               "the TorchScript model failed: ");
  for (float &v : loud) v = NAN;
  error_of(Errc::kNumeric, run);
}
GST_END_TEST

GST_START_TEST(a_device_that_is_not_there_is_said) {
  const std::string path = save(kTwoConvolutions);
  assert_words(error_of(Errc::kBadArgument, [&] { open(path, "gpu"); }),
               "device \"gpu\" is unknown");
  if (!at::hasCUDA())
    assert_words(error_of(Errc::kResource, [&] { open(path, "cuda"); }),
                 "device cuda is not there");
}
GST_END_TEST

/* ---- trust ---- */

GST_START_TEST(a_links_own_name_says_whether_it_may_run_code) {
  const std::string path = save(kTwoConvolutions);
  const std::string hash = (folder / "8f3a").string();
  std::filesystem::rename(path, hash);
  std::filesystem::create_symlink(hash, path);
  open(path, "cpu");
  const std::string harmless = (folder / "m.safetensors").string();
  std::filesystem::create_symlink(path, harmless);
  std::filesystem::rename(hash, folder / "code.pt");
  std::filesystem::remove(path);
  std::filesystem::create_symlink(folder / "code.pt", path);
  assert_words(error_of(Errc::kBadModel, [&] { open(harmless, "cpu"); }),
               "must be named .pt");
}
GST_END_TEST

GST_START_TEST(that_it_runs_code_is_said_once_a_file_and_not_by_its_settings) {
  const std::string path = save(kTwoConvolutions);
  const std::string told = (folder / "stderr").string();
  std::fflush(stderr);
  fail_unless(std::freopen(told.c_str(), "w", stderr) != nullptr);
  read_settings(path);
  std::fflush(stderr);
  fail_unless(std::filesystem::file_size(told) == 0);
  for (int i = 0; i < 2; ++i) open(path, "cpu");
  std::fflush(stderr);
  std::ifstream file(told);
  const std::string got{std::istreambuf_iterator<char>(file), {}};
  const std::string want =
      "gst-sonar: " + path +
      " is a TorchScript file: it runs code of its own, so use it only when it "
      "comes from people you trust\n";
  fail_unless(got == want, "%s", got.c_str());
}
GST_END_TEST

static Suite *own_model_suite() {
  Suite *suite = suite_create("own_model");
  TCase *tc = tcase_create("file");
  tcase_add_checked_fixture(tc, make_folder, remove_folder);
  suite_add_tcase(suite, tc);
  tcase_add_test(tc,
                 gray_is_the_picture_between_its_limits_scaled_and_repeated);
  tcase_add_test(tc,
                 logits_and_maps_of_the_last_convolution_are_the_plain_ones);
  tcase_add_test(tc, features_that_forward_gives_come_before_a_convolutions);
  tcase_add_test(tc, a_convolution_without_an_area_is_passed_over);
  tcase_add_test(
      tc, without_a_convolution_it_classifies_and_score_cam_says_why_not);
  tcase_add_test(tc,
                 classes_that_do_not_exclude_each_other_have_a_sigmoid_each);
  tcase_add_test(tc, batches_and_threads_give_what_one_at_a_time_gives);
  tcase_add_test(tc, a_forward_that_works_in_place_leaves_the_pictures_alone);
  tcase_add_test(tc, released_with_combine_image_is_score_cam_written_out);
  tcase_add_test(tc, recipes_that_need_a_class_model_say_that_there_is_none);
  tcase_add_test(tc, each_network_that_cannot_be_used_has_its_own_words);
  tcase_add_test(tc, a_failure_inside_a_called_function_has_its_words_too);
  tcase_add_test(tc, a_corrupt_file_is_a_bad_model);
  tcase_add_test(tc, a_forward_that_fails_later_is_a_resource_error);
  tcase_add_test(tc, a_device_that_is_not_there_is_said);
  tcase_add_test(tc, a_links_own_name_says_whether_it_may_run_code);
  tcase_add_test(tc,
                 that_it_runs_code_is_said_once_a_file_and_not_by_its_settings);
  return suite;
}
GST_CHECK_MAIN(own_model);
