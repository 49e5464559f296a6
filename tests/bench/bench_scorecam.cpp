/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Score-CAM against the way torch-cam and pytorch-grad-cam batch it, with the
 * same weights, input and number of threads, and against the machine's rate of
 * products of matrices; then its growth with channels, tile and threads beside
 * what the count of operations predicts. */
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

#include "bench/figures.h"
#include "bench/plain_scorecam.h"
#include "models/bundle.h"
#include "models/speccnn.h"
#include "sonar/nn/scorecam.h"

using namespace sonar;
using nlohmann::json;

namespace {

struct Subject {
  std::string name;
  models::Architecture architecture;
  int height = 128, width = 128, classes = 5;
  std::map<std::string, models::Tensor> tensors;
};

Subject fresh(const std::string &name, const std::vector<int> &channels,
              int inputs, int width, models::Architecture::Head head) {
  Subject s;
  s.name = name;
  s.architecture.conv_channels = {channels.begin(), channels.end()};
  s.architecture.input_channels = inputs;
  s.architecture.head = head;
  s.architecture.statistics = false;
  s.width = width;
  s.tensors = models::SpecCnn(s.architecture, s.height, s.width, s.classes, 1)
                  .to_tensors();
  return s;
}

Subject shipped(const std::string &name) {
  models::Bundle bundle = models::read_bundle(models::resolve_model(name));
  const models::Settings &m = bundle.settings;
  return {name + ", shipped", m.architecture,       m.recipe.height(),
          m.recipe.width,     int(m.labels.size()), std::move(bundle.tensors)};
}

/** Of one picture, in the layers that multiply. */
double operations(const Subject &s) {
  double sum = 0, width = s.width;
  for (int i = 1; i <= 3; ++i, width = std::floor(width / 2))
    sum += 2.0 * width * s.height *
           double(s.tensors.at("net.conv" + std::to_string(i) + ".weight")
                      .values.size());
  for (const char *dense : {"dense1", "dense2", "out"})
    sum += 2.0 * double(s.tensors.at(std::string("net.") + dense + ".weight")
                            .values.size());
  return sum;
}

std::vector<float> picture(std::size_t size) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> draw(0, 1);
  std::vector<float> x(size);
  for (float &v : x) v = draw(random);
  return x;
}

struct Ours {
  std::unique_ptr<nn::Network> network;
  std::vector<float> input, maps;

  explicit Ours(const Subject &s)
      : network(models::make_inference_network(
            s.architecture, s.height, s.width, s.classes, s.tensors, "cpu")),
        input(picture(network->input().size())),
        maps(network->forward(input.data(), 1, nn::Network::Want::kEverything)
                 .maps) {}
  nn::ScoreCam run(std::size_t threads) const {
    return nn::score_cam(*network, input.data(), maps.data(), 0,
                         {{32, threads}, 0});
  }
};

/** Largest difference of a weight: both must do the same work. Ours skips flat
 *  maps, theirs scores a black picture for each. */
double difference(const std::vector<float> &ours,
                  const std::vector<float> &theirs) {
  double most = ours.size() == theirs.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < ours.size() && i < theirs.size(); ++i)
    if (ours[i] != 0)
      most = std::max(most, double(std::fabs(ours[i] - theirs[i])));
  return most;
}

std::size_t scored(const nn::ScoreCam &cam) {
  std::size_t n = 0;
  for (const float weight : cam.weights) n += weight != 0;
  return n;
}

json compare(const Subject &s, std::size_t threads, double gemm,
             double patience) {
  const Ours ours(s);
  const bench::PlainScoreCam plain(s.architecture, s.height, s.width, s.classes,
                                   s.tensors);
  bench::set_torch_threads(threads);
  const double apart =
      difference(ours.run(threads).weights, plain.weights(ours.input, 0, 32));
  // in turn, so that whatever else the machine does meets all three
  std::vector<double> own, by_32, by_16;
  const auto twice = [&](auto body) {  // the first one warms the caches
    body();
    return bench::seconds(body);
  };
  double spent = 0;
  while (own.size() < (patience > 0 ? 5 : 1) || spent < patience) {
    own.push_back(twice([&] { ours.run(threads); }));
    by_32.push_back(twice([&] { plain.weights(ours.input, 0, 32); }));
    by_16.push_back(twice([&] { plain.weights(ours.input, 0, 16); }));
    spent += own.back() + by_32.back() + by_16.back();
  }
  const std::size_t channels = scored(ours.run(threads));
  const double seconds = bench::median(own);
  const double flop = double(channels) * operations(s);
  std::vector<double> over_32, over_16;
  for (std::size_t i = 0; i < own.size(); ++i) {
    over_32.push_back(by_32[i] / own[i]);
    over_16.push_back(by_16[i] / own[i]);
  }
  return {{"what", s.name},
          {"channels", channels},
          {"rows", s.height},
          {"columns", s.width},
          {"threads", threads},
          {"seconds", seconds},
          {"torch_cam_seconds", bench::median(by_32)},
          {"grad_cam_seconds", bench::median(by_16)},
          {"times_faster_than_torch_cam", bench::median(over_32)},
          {"times_faster_than_grad_cam", bench::median(over_16)},
          {"gflop", flop / 1e9},
          {"share_of_gemm", flop / seconds / gemm},
          {"largest_weight_difference", apart}};
}

/** Time of Score-CAM with one size changed, and what the operations predict
 *  from the rate of the first one. */
json growth(const std::string &axis, const std::vector<Subject> &subjects,
            const std::vector<std::size_t> &threads, double patience) {
  json out = json::array();
  double rate = 0;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const Ours ours(subjects[i]);
    const double flop =
        double(scored(ours.run(threads[i]))) * operations(subjects[i]);
    const double seconds =
        bench::best_seconds([&] { ours.run(threads[i]); }, patience);
    if (i == 0) rate = flop / seconds / double(threads[0]);
    out.push_back({{"axis", axis},
                   {"channels", ours.network->maps().channels},
                   {"columns", subjects[i].width},
                   {"threads", threads[i]},
                   {"seconds", seconds},
                   {"predicted_seconds", flop / rate / double(threads[i])}});
  }
  return out;
}

void print(const json &cases, double gemm) {
  std::printf("products of matrices: %.0f GFLOP/s\n", gemm / 1e9);
  std::printf("%-22s %9s %9s %9s %7s %7s %7s %6s %9s\n", "Score-CAM", "ms",
              "by 32", "by 16", "x (32)", "x (16)", "GFLOP", "gemm", "apart");
  for (const json &c : cases)
    std::printf(
        "%-22s %9.2f %9.1f %9.1f %7.1f %7.1f %7.2f %5.0f%% %9.1e\n",
        c["what"].get<std::string>().c_str(), 1e3 * c["seconds"].get<double>(),
        1e3 * c["torch_cam_seconds"].get<double>(),
        1e3 * c["grad_cam_seconds"].get<double>(),
        c["times_faster_than_torch_cam"].get<double>(),
        c["times_faster_than_grad_cam"].get<double>(), c["gflop"].get<double>(),
        100 * c["share_of_gemm"].get<double>(),
        c["largest_weight_difference"].get<double>());
}

void print_growth(const json &rows) {
  std::printf("%-10s %9s %8s %8s %9s %11s\n", "growth", "channels", "columns",
              "threads", "ms", "predicted");
  for (const json &r : rows)
    std::printf("%-10s %9d %8d %8d %9.2f %11.2f\n",
                r["axis"].get<std::string>().c_str(), r["channels"].get<int>(),
                r["columns"].get<int>(), r["threads"].get<int>(),
                1e3 * r["seconds"].get<double>(),
                1e3 * r["predicted_seconds"].get<double>());
}

}  // namespace

int main(int argc, char **argv) {
  using Head = models::Architecture::Head;
  CLI::App app("Score-CAM's speed");
  std::string file;
  std::size_t threads = 2;
  double patience = 3;
  bool smoke = false;
  app.add_option("--json", file, "also write the figures there");
  app.add_option("--threads", threads, "of both sides");
  app.add_option("--seconds", patience, "to spend on each case");
  app.add_flag("--smoke", smoke, "too short to mean anything");
  CLI11_PARSE(app, argc, argv);

  if (smoke) patience = 0;
  const double gemm = bench::gemm_rate(smoke ? 256 : 2048, threads);
  const auto net = [](int channels, int width) {
    return fresh("3 layers, " + std::to_string(channels) + " maps",
                 {channels / 4, channels / 2, channels}, 1, width, Head::kFlat);
  };
  std::vector<Subject> compared = {shipped("hydrophone")};
  if (!smoke) {
    compared.push_back(shipped("synthetic"));
    compared.push_back(net(64, 128));
    compared.push_back(
        fresh("3x3 last, 64 maps", {16, 32, 64}, 2, 128, Head::kBands));
  }
  json cases = json::array();
  for (const Subject &s : compared)
    cases.push_back(compare(s, threads, gemm, patience));
  print(cases, gemm);

  json rows = json::array();
  const auto add = [&](const std::string &axis, const std::vector<Subject> &all,
                       const std::vector<std::size_t> &counts) {
    const json more = growth(axis, all, counts, patience / 3);
    rows.insert(rows.end(), more.begin(), more.end());
  };
  std::vector<Subject> channels, columns, same;
  for (const int n :
       smoke ? std::vector<int>{8, 16} : std::vector<int>{32, 64, 128})
    channels.push_back(net(n, smoke ? 32 : 128));
  for (const int n :
       smoke ? std::vector<int>{16, 32} : std::vector<int>{64, 128, 256, 512})
    columns.push_back(net(smoke ? 8 : 32, n));
  std::vector<std::size_t> counts;
  for (std::size_t t = 1; t <= threads; ++t) {
    same.push_back(smoke ? net(8, 32) : net(64, 128));
    counts.push_back(t);
  }
  add("channels", channels, std::vector<std::size_t>(channels.size(), threads));
  add("columns", columns, std::vector<std::size_t>(columns.size(), threads));
  add("threads", same, counts);
  print_growth(rows);
  bench::write_json(
      file, {{"gemm_flops", gemm}, {"scorecam", cases}, {"growth", rows}});
}
