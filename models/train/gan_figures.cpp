/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "models/train/gan_figures.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "models/gnuplot.h"
#include "models/train/augment.h"
#include "sonar/core/error.h"
#include "sonar/core/new_file.h"
#include "sonar/nn/input.h"

namespace sonar::models {
namespace {

constexpr std::size_t kColumns = 5;  // of curves: see GanEpoch
constexpr std::size_t kOfAKind = 4;  // real tiles of a class, and generated
constexpr std::size_t kGap = 4;      // pixels between tiles

std::string curves_csv(const Tensor &curves) {
  std::ostringstream out;
  out << "epoch,distance,accuracy_real,accuracy_generated,critic_loss,"
         "generator_loss\n";
  for (std::size_t i = 0; i < curves.values.size(); ++i) {
    if (i % kColumns == 0) out << i / kColumns + 1;
    out << ',' << curves.values[i];
    if (i % kColumns == kColumns - 1) out << '\n';
  }
  return out.str();
}

void draw_curves(const std::string &folder) {
  const std::string file = gnuplot_quoted(folder + "/curves.csv");
  draw_png(
      folder + "/curves.png", 1100, 700,
      "set datafile separator ','\n"
      "set multiplot layout 2,1\n"
      "set xlabel 'epoch'\nset grid\nset key outside right top\n"
      "set ylabel 'share recognised'\nset yrange [0:1.05]\n"
      "plot " +
          file + " skip 1 using 1:3 with lines lw 2 title 'real', " + file +
          " skip 1 using 1:4 with lines lw 2 title 'generated', "
          "0.5 with lines dt 2 lc 'gray' title 'a guess'\n"
          "set yrange [*:*]\nset ylabel 'score'\n"
          "plot " +
          file +
          " skip 1 using 1:2 with lines lw 2 "
          "title 'distance: real less generated', " +
          file + " skip 1 using 1:5 with lines title 'loss of the critic', " +
          file +
          " skip 1 using 1:6 with lines "
          "title 'loss of the generator'\n"
          "unset multiplot\n");
}

/** A class in a row: real tiles, then generated ones. */
class Mosaic {
 public:
  Mosaic(std::size_t classes, std::size_t height, std::size_t width)
      : tile_height_(height + kGap),
        tile_width_(width + kGap),
        pixels_(classes * tile_height_, (2 * kOfAKind + 1) * tile_width_, -1) {}
  void put(std::size_t label, std::size_t place, const Image &tile) {
    // one empty place between the kinds
    const std::size_t column = place < kOfAKind ? place : place + 1;
    for (std::size_t y = 0; y < tile.height(); ++y)
      for (std::size_t x = 0; x < tile.width(); ++x)
        pixels_.at(label * tile_height_ + y, column * tile_width_ + x) =
            std::clamp(tile.at(y, x), 0.0f, nn::kInputRangeDb);
  }
  const Image &pixels() const { return pixels_; }
  std::size_t tile_height() const { return tile_height_; }
  std::size_t tile_width() const { return tile_width_; }

 private:
  std::size_t tile_height_, tile_width_;
  Image pixels_;
};

Mosaic make_mosaic(const Bundle &gan, const TileSource &generated,
                   const Dataset &data) {
  const Recipe &recipe = gan.settings.recipe;
  Mosaic out(data.labels.size(), std::size_t(recipe.height()),
             std::size_t(recipe.width));
  std::vector<std::size_t> seen(data.labels.size());
  for (const Tile &tile : data.tiles)
    if (seen[tile.label] < kOfAKind)
      out.put(tile.label, seen[tile.label]++, decode(tile, recipe).value_db);
  synth::Random random(0, 0);
  for (std::size_t c = 0; c < data.labels.size(); ++c)
    for (std::size_t i = 0; i < kOfAKind; ++i)
      out.put(c, kOfAKind + i, generated.draw(c, random));
  return out;
}

void draw_grid(const std::string &path, const Mosaic &mosaic,
               const std::vector<std::string> &labels) {
  std::ostringstream script;
  script << "$tiles << END\n";
  for (std::size_t y = 0; y < mosaic.pixels().height(); ++y)
    for (std::size_t x = 0; x < mosaic.pixels().width(); ++x) {
      script << mosaic.pixels().at(y, x);
      script << (x + 1 < mosaic.pixels().width() ? ' ' : '\n');
    }
  script << "END\n"
            "set palette defined (0 '#440154', 1 '#3b528b', 2 '#21918c', "
            "3 '#5ec962', 4 '#fde725')\n"
            "set cbrange [0:"
         << nn::kInputRangeDb
         << "]\nset cblabel 'dB over background'\n"
            "set tmargin 3\nunset xtics\nunset border\nunset key\nset yrange "
            "[*:*] reverse\n"
            "set label 'real' at "
         << kOfAKind * mosaic.tile_width() / 2 << ", -10 center\n"
         << "set label 'generated' at "
         << (kOfAKind + 1) * mosaic.tile_width() +
                kOfAKind * mosaic.tile_width() / 2
         << ", -10 center\n"
            "set ytics scale 0 (";
  for (std::size_t c = 0; c < labels.size(); ++c)
    script << (c ? ", " : "") << gnuplot_quoted(labels[c]) << ' '
           << double(c * mosaic.tile_height()) +
                  double(mosaic.tile_height()) / 2;
  script << ")\nplot $tiles matrix using 1:2:($3 < 0 ? NaN : $3) with image\n";
  draw_png(path, int(mosaic.pixels().width()) + 220,
           int(mosaic.pixels().height()) + 80, script.str());
}

}  // namespace

void write_gan_figures(const std::string &folder, const Bundle &gan,
                       const TileSource &generated, const Dataset &data) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed)
    throw Error(Errc::kResource,
                "cannot make the folder " + folder + ": " + failed.message());
  write_file(folder + "/curves.csv", "the curves",
             curves_csv(gan.tensors.at("curves")));
  draw_curves(folder);
  draw_grid(folder + "/grid.png", make_mosaic(gan, generated, data),
            data.labels);
}

}  // namespace sonar::models
