/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/autoencoder.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <functional>

#include "models/train/centroids.h"
#include "models/train/optimizer.h"
#include "sonar/core/error.h"
#include "support/testing.h"
#include "support/tiny_data.h"

using namespace sonar;
using namespace sonar::models;

static const std::atomic<bool> kNever{false};

/* Embedding: the mean of each row. Class c: how far its line's row stands
 * above the other class'; its map c shows that row alone. */
class RowNetwork : public nn::Network {
 public:
  explicit RowNetwork(std::size_t channels = 1) : channels_(channels) {}
  nn::Shape input() const override { return {channels_, kRows, kColumns}; }
  std::size_t classes() const override { return 2; }
  nn::Shape maps() const override { return {2, kRows, kColumns}; }
  std::size_t embedding() const override { return kRows; }
  Output forward(const float *inputs, std::size_t count, Want) const override {
    Output out;
    for (std::size_t n = 0; n < count; ++n) {
      const float *x = inputs + n * input().size();
      std::vector<float> rows(kRows, 0.0f);
      for (std::size_t i = 0; i < kRows * kColumns; ++i)
        rows[i / kColumns] += x[i] / float(kColumns);
      for (std::size_t c = 0; c < 2; ++c) {
        out.logits.push_back(20 * (rows[kLine[c]] - rows[kLine[1 - c]]));
        for (std::size_t i = 0; i < kRows * kColumns; ++i)
          out.maps.push_back(i / kColumns == kLine[c] ? x[i] + 0.1f : 0.0f);
      }
      out.embedding.insert(out.embedding.end(), rows.begin(), rows.end());
    }
    return out;
  }
  std::vector<float> probabilities(const float *z) const override {
    const float p = 1 / (1 + std::exp(z[1] - z[0]));
    return {p, 1 - p};
  }

 private:
  std::size_t channels_;
};

/* A line of 0.7 of the scale on row @p row. */
static std::vector<float> line(std::size_t row) {
  std::vector<float> out(kRows * kColumns, 0.0f);
  std::fill_n(out.begin() + std::ptrdiff_t(row * kColumns), kColumns, 0.7f);
  return out;
}

static std::size_t top_row(const float *values) {
  const auto top = std::max_element(values, values + kRows * kColumns) - values;
  return std::size_t(top) / kColumns;
}

static CentroidOptions options(int epochs) {
  CentroidOptions o;
  o.recipe = tiny_recipe();
  o.epochs = epochs;
  o.batch_size = 10;
  o.learning_rate = 1e-2;
  return o;
}

static std::vector<std::size_t> every_tile(const Dataset &data) {
  std::vector<std::size_t> out(data.tiles.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = i;
  return out;
}

/* Two centres a class, as embeddings. */
static std::vector<std::vector<float>> centres(const nn::Network &network) {
  std::vector<std::vector<float>> out(2);
  for (std::size_t c = 0; c < 2; ++c)
    for (int i = 0; i < 2; ++i) {
      const std::vector<float> one =
          network
              .forward(line(kLine[c]).data(), 1, nn::Network::Want::kEverything)
              .embedding;
      out[c].insert(out[c].end(), one.begin(), one.end());
    }
  return out;
}

static Tensor masks(int epochs, std::uint64_t seed = 0) {
  const RowNetwork network;
  const Dataset data = tiny_data();
  CentroidOptions o = options(epochs);
  o.seed = seed;
  return centroid_masks(network, data, every_tile(data), centres(network), o,
                        {}, kNever);
}

static std::string error_of(Errc code, const std::function<void()> &body) {
  try {
    body();
  } catch (const Error &e) {
    fail_unless(e.code() == code, "wrong kind of error: %s", e.what());
    return e.what();
  }
  ck_abort_msg("nothing was thrown");
  return {};
}

GST_START_TEST(the_decoder_finds_the_row_of_an_embedding) {
  const RowNetwork network;
  Autoencoder autoencoder(network, 1);
  AdamW optimizer(autoencoder.weights(), 0);
  at::Tensor embeddings = at::empty({2, std::int64_t(kRows)});
  at::Tensor pictures =
      at::empty({2, 1, std::int64_t(kRows), std::int64_t(kColumns)});
  for (std::size_t c = 0; c < 2; ++c) {
    const std::vector<float> picture = line(kLine[c]);
    const std::vector<float> embedding = autoencoder.encode(picture);
    std::copy(picture.begin(), picture.end(),
              pictures.data_ptr<float>() + c * kRows * kColumns);
    std::copy(embedding.begin(), embedding.end(),
              embeddings.data_ptr<float>() + c * kRows);
  }
  const double before = autoencoder.loss(embeddings, pictures).item<double>();
  double after = before;
  for (int i = 0; i < 60; ++i) {
    const at::Tensor loss = autoencoder.loss(embeddings, pictures);
    loss.backward();
    optimizer.step(autoencoder.weights(), 1e-2);
    after = loss.item<double>();
  }
  fail_unless(after < before / 2, "%f of %f", after, before);
  for (std::size_t c = 0; c < 2; ++c) {
    const Image got = autoencoder.decode(autoencoder.encode(line(kLine[c])));
    fail_unless_equals_int(top_row(got.data()), kLine[c]);
    for (std::size_t i = 0; i < got.size(); ++i)
      fail_unless(got.data()[i] >= 0 && got.data()[i] <= 1);
  }
}
GST_END_TEST

GST_START_TEST(the_loss_of_a_flat_half_is_that_of_a_coin) {
  const RowNetwork network;
  Autoencoder autoencoder(network, 1);
  {
    at::NoGradGuard no_grad;
    autoencoder.weights().at("out.weight").zero_();  // sigmoid(0) = 1/2
  }
  const std::int64_t rows = std::int64_t(kRows);
  const at::Tensor loss = autoencoder.loss(
      at::ones({3, rows}), at::ones({3, 1, rows, std::int64_t(kColumns)}));
  ASSERT_NEAR_AT(0, loss.item<double>(), std::log(2.0), 1e-6);  // float ulp
}
GST_END_TEST

GST_START_TEST(centroid_masks_lie_on_the_line_of_their_class) {
  const Tensor got = masks(20);
  fail_unless((got.shape == std::vector<std::int64_t>{2, std::int64_t(kRows),
                                                      std::int64_t(kColumns)}));
  for (std::size_t c = 0; c < 2; ++c) {
    const float *mask = got.values.data() + c * kRows * kColumns;
    fail_unless_equals_int(top_row(mask), kLine[c]);
    const auto ends = std::minmax_element(mask, mask + kRows * kColumns);
    fail_unless(*ends.first == 0 && *ends.second == 1);
  }
}
GST_END_TEST

GST_START_TEST(centroid_masks_depend_on_the_seed_alone) {
  const Tensor a = masks(2);
  fail_unless(a.values == masks(2).values);
  fail_unless(a.values != masks(2, 1).values);
}
GST_END_TEST

GST_START_TEST(two_channels_see_the_picture_on_a_flat_background) {
  const RowNetwork network(2);
  const Dataset data = tiny_data();
  const Tensor got =
      centroid_masks(network, data, every_tile(data), centres(RowNetwork()),
                     options(20), {}, kNever);
  for (std::size_t c = 0; c < 2; ++c)
    fail_unless_equals_int(top_row(got.values.data() + c * kRows * kColumns),
                           kLine[c]);
}
GST_END_TEST

GST_START_TEST(a_decoder_without_epochs_is_refused) {
  const std::string what = error_of(Errc::kBadArgument, [] { masks(0); });
  fail_unless(what.find("for 0 epochs") != what.npos, "%s", what.c_str());
}
GST_END_TEST

GST_START_TEST(an_interruption_ends_the_decoders_training) {
  const RowNetwork network;
  const Dataset data = tiny_data();
  const std::atomic<bool> stop{true};
  const std::string what = error_of(Errc::kResource, [&] {
    centroid_masks(network, data, every_tile(data), centres(network),
                   options(1), {}, stop);
  });
  fail_unless(what.find("interrupted while training the decoder") != what.npos,
              "%s", what.c_str());
}
GST_END_TEST

static Suite *autoencoder_suite(void) {
  Suite *s = suite_create("autoencoder");
  TCase *tc = tcase_create("centroids");
  suite_add_tcase(s, tc);
  tcase_add_test(tc, the_decoder_finds_the_row_of_an_embedding);
  tcase_add_test(tc, the_loss_of_a_flat_half_is_that_of_a_coin);
  tcase_add_test(tc, centroid_masks_lie_on_the_line_of_their_class);
  tcase_add_test(tc, centroid_masks_depend_on_the_seed_alone);
  tcase_add_test(tc, two_channels_see_the_picture_on_a_flat_background);
  tcase_add_test(tc, a_decoder_without_epochs_is_refused);
  tcase_add_test(tc, an_interruption_ends_the_decoders_training);
  return s;
}
GST_CHECK_MAIN(autoencoder)
