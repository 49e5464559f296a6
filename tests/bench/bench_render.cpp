/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time of a frame of the overlay: 30 s of the hydrophone model's pictures (128
 * rows, 31 columns a second, 8 new ones a frame) with an outlined signature,
 * kept painter against one that is made anew for each frame.
 *
 * usage: bench_render [--json FILE] */
#include <cmath>
#include <cstdint>
#include <random>

#include "bench/figures.h"
#include "sonar/render/scene.h"
#include "sonar/render/waterfall.h"

using namespace sonar;

namespace {

constexpr std::size_t kRows = 128, kPicture = 64, kAdvance = 8, kHistory = 938;
constexpr int kFrames = 300;

struct Recording {
  std::mt19937 random{1};
  Image value{kRows, kPicture};
  mask::Binary signature{kRows, kPicture,
                         std::vector<std::uint8_t>(kRows *kPicture)};

  /* Noise, and lines that come and go. */
  void next() {
    std::exponential_distribution<float> power(1);
    for (std::size_t y = 0; y < kRows; ++y)
      for (std::size_t x = 0; x < kPicture; ++x) {
        const bool line = y % 16 == 3 && random() % 8;
        value.at(y, x) = 10 * std::log10(power(random) + (line ? 6 : 0));
        signature.values[y * kPicture + x] = value.at(y, x) > 6;
      }
  }
};

render::Axes axes() {
  render::Axes out;
  for (std::size_t i = 0; i <= kRows; ++i)
    out.row_edges_hz.push_back(
        7000 * std::pow(60.0 / 7000, double(i) / double(kRows)));
  out.column_seconds = 0.032;
  out.unit = "dB re background";
  return out;
}

struct Times {
  double gather, kept, fresh;  // seconds a frame
};

Times run(int width, int height) {
  Recording recording;
  render::Waterfall fall(kRows, kHistory);
  render::Painter painter(width, height);
  std::vector<std::uint32_t> pixels(std::size_t(width) * std::size_t(height));
  auto *bytes = reinterpret_cast<std::uint8_t *>(pixels.data());
  render::Axes at = axes();
  std::vector<double> gather, kept, fresh;
  for (int i = 0; i < kFrames; ++i) {
    recording.next();
    gather.push_back(bench::seconds([&] {
      fall.put(std::int64_t(kAdvance) * i, {0, kPicture}, recording.value,
               &recording.signature, nullptr);
    }));
    render::Scene scene;
    scene.value_db = &fall.value_db();
    scene.valid = fall.valid();
    scene.signature = &fall.signature();
    scene.label = "vessel 0.93";
    at.column0_seconds = 0.032 * double(fall.first_column());
    kept.push_back(bench::seconds([&] {
      painter.set_style({});
      painter.draw(scene, at, bytes, 4 * std::size_t(width));
    }));
    if (i % 10) continue;
    fresh.push_back(bench::seconds([&] {
      render::Painter anew(width, height);
      anew.draw(scene, at, bytes, 4 * std::size_t(width));
    }));
  }
  return {bench::median(gather), bench::median(kept), bench::median(fresh)};
}

}  // namespace

int main(int argc, char **argv) {
  const std::string file = bench::json_argument(argc, argv);
  nlohmann::json figures;
  std::printf("%-12s %14s %14s %14s\n", "ms a frame", "waterfall", "painter",
              "a new painter");
  for (const auto &[width, height] : {std::pair(1280, 720), {1920, 1080}}) {
    const Times t = run(width, height);
    std::printf("%4d x %-5d %14.2f %14.2f %14.2f\n", width, height,
                1e3 * t.gather, 1e3 * t.kept, 1e3 * t.fresh);
    figures[std::to_string(height) + "p"] = {{"waterfall_ms", 1e3 * t.gather},
                                             {"painter_ms", 1e3 * t.kept},
                                             {"new_painter_ms", 1e3 * t.fresh}};
  }
  bench::write_json(file, figures);
  return 0;
}
