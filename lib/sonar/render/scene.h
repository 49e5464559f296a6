/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sonar/core/image.h"
#include "sonar/mask/structures.h"
#include "sonar/mask/threshold.h"
#include "sonar/render/colormap.h"
#include "sonar/render/trails.h"

namespace sonar::render {

/** Axes of a picture in physical units. */
struct Axes {
  std::vector<double> row_edges_hz;  ///< height + 1, highest first
  double column0_seconds = 0;        ///< centre of column 0's analysis window
  double column_seconds = 0;         ///< from one column to the next
  std::string unit;                  ///< of the picture's values
  /** UTC of column0_seconds in nanoseconds since 1970, where it is known. */
  std::optional<std::int64_t> column0_utc_ns = {};
};

struct Style {
  ColorMap colormap = ColorMap::kViridis;
  double low_db = 0, high_db = 18;  ///< ends of the colour map
  bool show_axes = true;            ///< axes, grid ticks and colour bar
  bool show_label = true;           ///< class name, score, time
  bool show_contours = true;        ///< outline of the signature
  bool show_tracks = true;          ///< tonals that were followed
  bool show_structures = true;      ///< outlines of the structures
  bool show_families = false;  ///< room for them: a line of names below the
                               ///< title, combs right of the picture
  bool show_original = true;   ///< false: only the signature's pixels, on white
  double opacity = 1.0;        ///< 0..1 of outlines and explanation
  bool show_frequency_labels = true;  ///< false beside a panel that has them
  bool show_clock = true;  ///< time of the newest column, with the label
  bool show_utc = false;   ///< clock and time axis in UTC with the date, where
                           ///< the axes have it; takes a line below the axis
  double font_px = 0;      ///< size of a tick's text; 0: from the height

  bool operator==(const Style &o) const {
    return colormap == o.colormap && low_db == o.low_db &&
           high_db == o.high_db && show_axes == o.show_axes &&
           show_label == o.show_label && show_contours == o.show_contours &&
           show_tracks == o.show_tracks &&
           show_structures == o.show_structures &&
           show_families == o.show_families &&
           show_original == o.show_original && opacity == o.opacity &&
           show_frequency_labels == o.show_frequency_labels &&
           show_clock == o.show_clock && show_utc == o.show_utc &&
           font_px == o.font_px;
  }
};

/** What the strong structures of a picture say, pixel by pixel. */
struct StructureMap {
  std::size_t height = 0, width = 0;
  std::vector<mask::Speaks> says;  ///< row-major
};

/** A number beside a structure: how much it speaks for or against. */
struct StructureNote {
  std::size_t row_begin = 0, row_end = 0;        ///< half-open
  std::size_t column_begin = 0, column_end = 0;  ///< half-open
  float score = 0;                               ///< -1..1
};

/** Tonals of one fundamental, as they are drawn. */
struct HarmonicFamily {
  struct Harmonic {
    int number = 1;
    double hz = 0;
    bool operator==(const Harmonic &o) const {
      return number == o.number && hz == o.hz;
    }
  };
  std::string name;  ///< e.g. "blade rate 9.21 Hz x4 (shaft 2.30 Hz)"
  std::uint32_t colour = 0;
  std::vector<Harmonic> harmonics;  ///< by number
  bool operator==(const HarmonicFamily &o) const {
    return name == o.name && colour == o.colour && harmonics == o.harmonics;
  }
};
/** The same for the same family, others for its neighbours. */
std::uint32_t family_colour(std::uint64_t id) noexcept;

/** One thing to draw. Pointers may be null; shapes as @p value. */
struct Scene {
  const Image *value_db = nullptr;
  ColumnRange valid;  ///< other columns are drawn as no data
  const mask::Binary *signature = nullptr;
  const Image *explanation = nullptr;  ///< for (> 0) or against (< 0) the class
  const std::vector<Trail> *tracks = nullptr;
  const StructureMap *structures = nullptr;
  /** Drawn with the structures above or below them, the surest first, as far as
   *  there is room. */
  std::vector<StructureNote> notes;
  /** Drawn where the style has room for them, the first ones if they are many.
   */
  std::vector<HarmonicFamily> families;
  std::string label;     ///< e.g. "vessel 0.93", "unknown"
  std::string subtitle;  ///< e.g. recipe and threshold
};

/**
 * Draws scenes into 32-bit pixels (native-endian 0xFFRRGGBB: Cairo's RGB24,
 * and BGRx or opaque BGRA in memory on little-endian machines).
 *
 * What does not change from frame to frame (frame, frequency ticks, colour
 * bar) is drawn once per Axes, Style and size and kept; text is drawn again
 * when it changes. Text is legible at 1280 x 720 and scales with the height.
 *
 * Geometry: column c fills [column_left(c), column_left(c + 1)) and row y fills
 * [row_top(y), row_top(y + 1)), where, in whole numbers,
 *   column_left(c) = plot.x + c * plot.width / columns,
 *   row_top(y) = plot.y + y * plot.height / rows,
 * so that a pixel test can find a tone. Row heights are equal (a geometric axis
 * is thereby logarithmic). Columns or rows that start at the same pixel share
 * it: it shows the largest of their values, so that thin lines survive.
 *
 * The signature's outline runs just outside its cells and hides none of them.
 * So do those of the structures: solid and orange for the class, dashed and
 * blue against it, thin and grey where they say nothing. Where several fall on
 * one pixel, the signature's gives way to the structures', and what says
 * nothing to what speaks. They are drawn with the original only.
 */
class Painter {
 public:
  /** Throws Error(kBadArgument) below 160 x 120. */
  Painter(int width, int height);
  ~Painter();
  Painter(Painter &&) noexcept;
  Painter &operator=(Painter &&) noexcept;

  /** Throws Error(kBadArgument) unless low_db < high_db and opacity 0..1. */
  void set_style(const Style &style);
  /** @p stride in bytes, at least 4 * width; any alignment. Throws
   *  Error(kBadArgument) when shapes, axes and stride do not fit together. */
  void draw(const Scene &scene, const Axes &axes, std::uint8_t *pixels,
            std::size_t stride);

  struct Rect {
    int x, y, width, height;
  };
  Rect plot_area() const;  ///< with the current style

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/** One picture of a figure; its scene's label gives way to the title. */
struct Panel {
  std::string title;
  Scene scene;
  Style style;
  std::string unit;  ///< of its values; empty: that of the axes
};

/**
 * Side-by-side figure with a title per panel, to a PNG of panels.size() *
 * panel_width x height. All panels share the frequency axis at the left.
 * Written under a temporary name and renamed when whole. Throws
 * Error(kResource) when the file cannot be written.
 */
void write_panels_png(const std::string &path, const std::vector<Panel> &panels,
                      const Axes &axes, int panel_width, int height);

/** As it is printed, "dB re 1 uPa^2/Hz", to how it is drawn, with a micro sign
 *  and a raised 2. */
std::string drawn_unit(std::string unit);

std::string format_hz(double hz);            ///< "950 Hz", "1.2 kHz"
std::string format_seconds(double seconds);  ///< "12.5 s", "1:02:03"

}  // namespace sonar::render
