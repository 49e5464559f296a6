/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sonar/render/scene.h"

namespace sonar::render {

inline constexpr std::uint32_t kWarm = 0xFFFF6A3D, kCool = 0xFF5AA9FF;
/** Lighter than kCool: a thin line on a dark blue ground. */
inline constexpr std::uint32_t kAgainst = 0xFF8FD0FF;
inline constexpr std::uint32_t kOutline = 0xFFFFFFFF, kMuted = 0xFFAEB6C0;
/** Length of a stroke of a dashed outline, and of a gap, in its widths. */
inline constexpr int kDash = 3;

/**
 * How @p cells lie on @p pixels. Cell i starts at pixel i * pixels / cells;
 * where cells are more than pixels, those that start at the same pixel form
 * one group, drawn as one.
 */
struct Partition {
  std::vector<int> pixel;           ///< groups + 1 left edges
  std::vector<std::size_t> source;  ///< groups + 1 first cells
  std::vector<int> group;           ///< of each pixel

  Partition() = default;
  Partition(std::size_t cells, int pixels);
  std::size_t groups() const { return pixel.empty() ? 0 : pixel.size() - 1; }
};

/** What a row of groups is drawn from: one value per column, then one per
 *  group, in the end its place on the colour map. */
struct Line {
  std::vector<float> value, evidence;
  std::vector<std::uint8_t> kept;
};

/** Writes the plot area: values, tint, no-data hatch and outlines. */
class Raster {
 public:
  /** @p outline_px: width of the line around the signature. */
  void resize(int width, int height, int outline_px);

  /** @p pixels: top left of the plot area; any alignment. */
  void draw(const Scene &scene, const Style &style, std::uint8_t *pixels,
            std::size_t stride);

 private:
  void prepare(const Scene &scene, const Style &style);
  std::size_t group_of_column(std::size_t column) const;

  void shade(const Scene &scene, const Style &style);
  /** Gathers the rows of group @p gy: the largest value, so that a thin line
   *  survives (a NaN never is); the evidence of largest magnitude. */
  void gather(const Scene &scene, std::size_t gy);

  void write_rows(std::uint8_t *pixels, std::size_t stride);
  /** How an outline is drawn. */
  struct Stroke {
    std::uint32_t line, halo;
    int width;  ///< pixels
    bool dashed;
  };
  void outline_signature(const Style &style, double opacity,
                         std::uint8_t *pixels, std::size_t stride);
  void outline_structures(const StructureMap &structures, const Style &style,
                          std::uint8_t *pixels, std::size_t stride);
  /** The outline runs outside the kept cells and so hides none of them; a
   *  halo outside it sets it off from a bright background. */
  void outline(const Stroke &stroke, double opacity, std::uint8_t *pixels,
               std::size_t stride);
  /** Outlining every hole of a speckled region would hide what it shows. */
  void fill_small_holes();
  /** Fills wide_ and kept_row_ from kept_. */
  void widen_rows(int reach);
  /** Fills marks_: what lies within @p reach pixels of a kept group, each way,
   *  and is not kept itself; false where nothing does. */
  bool mark_row(int y, int reach);
  /** Turns the gaps of a dashed line in marks_ into halo. */
  void leave_gaps(int y, int dash);

  int width_ = 0, height_ = 0, outline_px_ = 1;
  std::size_t rows_ = 0, columns_ = 0;
  Partition down_, across_;
  ColumnRange valid_, shown_;  ///< of columns; of groups
  Line cells_;
  std::vector<std::uint32_t> colours_, line_, hatch_;
  std::vector<std::uint8_t> kept_, kept_row_;  ///< kept_row_: any of it
  /** Pixels of each row of groups that are kept; within the reach of the line,
   *  and of the halo, of such a pixel beside them. */
  std::array<std::vector<std::uint8_t>, 3> wide_;
  std::vector<std::uint8_t> marks_;  ///< of a row of pixels
};

}  // namespace sonar::render
