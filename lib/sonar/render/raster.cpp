/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/render/raster.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>

#include "sonar/core/clones.h"
#include "sonar/mask/regions.h"

namespace sonar::render {

/* The hot helpers are in here, not members: GCC does not inline the exported
 * functions of a shared library, as another library may replace them. */
namespace {

constexpr int kHatchPeriod = 8;
constexpr double kFaint = 0.45;         ///< of the opacity
constexpr std::size_t kSmallHole = 24;  ///< cells
constexpr std::uint32_t kDarkHalo = 0xFF0B0E12;
constexpr std::uint8_t kNone = 0, kHalo = 1, kLine = 2;

/** @p share 0..1 of a colour on another one. */
struct Blend {
  Blend(std::uint32_t colour, double share)
      : over(colour), parts(static_cast<std::uint32_t>(share * 256 + 0.5)) {}
  std::uint32_t over, parts;  ///< parts of 256
};

/** Red and blue at once, as neither reaches into the other's 16 bits. */
inline std::uint32_t blended(std::uint32_t under, std::uint32_t over,
                             std::uint32_t parts) {
  constexpr std::uint32_t kRedBlue = 0x00FF00FF, kGreen = 0x0000FF00;
  const std::uint32_t rest = 256 - parts;
  const std::uint32_t red_blue =
      (under & kRedBlue) * rest + (over & kRedBlue) * parts + 0x00800080;
  const std::uint32_t green =
      ((under & kGreen) >> 8) * rest + ((over & kGreen) >> 8) * parts + 0x80;
  return 0xFF000000u | (red_blue >> 8 & kRedBlue) | (green & kGreen);
}

std::uint32_t blend(std::uint32_t under, std::uint32_t over, double share) {
  return blended(under, over, Blend(over, share).parts);
}

/** Tints what stands out (@p t is the place on the colour map), so that the
 *  background stays the background; keeps light light and dark dark. */
std::uint32_t tinted(std::uint32_t colour, float t, bool kept, float evidence,
                     double opacity) {
  if (evidence == 0) return colour;
  const float out = kept ? 1 : std::min(1.0f, t * 4 - 1);
  if (!(out > 0)) return colour;
  const float strength = std::min(1.0f, std::sqrt(std::fabs(evidence)));
  const std::uint32_t hue =
      blend(0, evidence > 0 ? kWarm : kCool, 0.6 + 0.4 * double(t));
  return blend(colour, hue, 0.8 * opacity * double(out * strength));
}

/** Makes the gathered columns one value per group, in place. */
void reduce(const Partition &across, ColumnRange shown, Line &cells) {
  for (std::size_t gx = shown.begin; gx < shown.end; ++gx) {
    const std::size_t first = across.source[gx];
    float value = cells.value[first], evidence = cells.evidence[first];
    std::uint8_t kept = cells.kept[first];
    for (std::size_t x = first + 1; x < across.source[gx + 1]; ++x) {
      value = std::max(value, cells.value[x]);
      kept |= cells.kept[x];
      if (std::fabs(cells.evidence[x]) > std::fabs(evidence))
        evidence = cells.evidence[x];
    }
    cells.value[gx] = value;
    cells.evidence[gx] = evidence;
    cells.kept[gx] = kept;
  }
}

/** Values to places 0..1 on the colour map. No branches: in noise around
 *  the low end they would be mispredicted half of the time. */
void place(const Style &style, ColumnRange shown, Line &cells) {
  const auto low = float(style.low_db);
  const float scale = 1 / float(style.high_db - style.low_db);
  float *at = cells.value.data();
  const std::size_t end = shown.end;
  for (std::size_t gx = shown.begin; gx < end; ++gx) {
    const float t = (at[gx] - low) * scale;
    const float above = t > 0 ? t : 0;
    at[gx] = above < 1 ? above : 1;
  }
}

void colour(const Style &style, ColumnRange shown, const Line &cells,
            std::uint32_t *out) {
  const std::uint32_t *colours = palette(style.colormap).data();
  const float *at = cells.value.data();
  const std::size_t end = shown.end;
  for (std::size_t gx = shown.begin; gx < end; ++gx)
    out[gx] = colours[int(at[gx] * 255 + 0.5f)];
  if (style.show_original) return;
  for (std::size_t gx = shown.begin; gx < end; ++gx)
    if (!cells.kept[gx]) out[gx] = 0xFFFFFFFFu;
}

void tint_row(double opacity, float largest, ColumnRange shown,
              const Line &cells, std::uint32_t *out) {
  const std::size_t end = shown.end;
  for (std::size_t gx = shown.begin; gx < end; ++gx)
    out[gx] = tinted(out[gx], cells.value[gx], cells.kept[gx],
                     cells.evidence[gx] / largest, opacity);
}

float largest_magnitude(const Image &explanation, ColumnRange valid) {
  float largest = 0;
  for (std::size_t y = 0; y < explanation.height(); ++y)
    for (std::size_t x = valid.begin; x < valid.end; ++x) {
      const float magnitude = std::fabs(explanation.at(y, x));
      if (magnitude > largest && std::isfinite(magnitude)) largest = magnitude;
    }
  return largest;
}

void copy(std::uint8_t *row, const std::uint32_t *from, int x0, int x1) {
  std::memcpy(row + 4 * x0, from + x0, 4 * std::size_t(x1 - x0));
}

/** Colours that no mark is on stay as they are: 0 parts of another one. */
SONAR_CLONES void blend_marked(const std::uint8_t *__restrict marks, Blend line,
                               Blend halo, std::size_t count,
                               std::uint32_t *__restrict colours) {
  for (std::size_t x = 0; x < count; ++x) {
    const bool is_line = marks[x] == kLine;
    const std::uint32_t parts = is_line ? line.parts : halo.parts;
    colours[x] = blended(colours[x], is_line ? line.over : halo.over,
                         marks[x] == kNone ? 0 : parts);
  }
}

/** Puts @p mark where @p where is 1. */
SONAR_CLONES void put_marks(const std::uint8_t *__restrict where,
                            std::uint8_t mark, std::size_t count,
                            std::uint8_t *__restrict marks) {
  for (std::size_t x = 0; x < count; ++x) marks[x] = where[x] ? mark : marks[x];
}
SONAR_CLONES void clear_marks(const std::uint8_t *__restrict where,
                              std::size_t count,
                              std::uint8_t *__restrict marks) {
  for (std::size_t x = 0; x < count; ++x) marks[x] = where[x] ? 0 : marks[x];
}

}  // namespace

Partition::Partition(std::size_t cells, int pixels)
    : group(std::size_t(pixels)) {
  const auto width = std::size_t(pixels);
  const std::size_t groups = std::min(cells, width);
  for (std::size_t i = 0; i <= groups; ++i) {
    const bool dense = cells > width;
    pixel.push_back(int(dense ? i : i * width / cells));
    source.push_back(dense ? (i * cells + width - 1) / width : i);
  }
  for (std::size_t i = 0; i < groups; ++i)
    std::fill(group.begin() + pixel[i], group.begin() + pixel[i + 1], int(i));
}

void Raster::resize(int width, int height, int outline_px) {
  *this = Raster();
  width_ = width;
  height_ = height;
  outline_px_ = outline_px;
  line_.resize(std::size_t(width));
}

void Raster::draw(const Scene &scene, const Style &style, std::uint8_t *pixels,
                  std::size_t stride) {
  prepare(scene, style);
  shade(scene, style);
  write_rows(pixels, stride);
  if (!(style.opacity > 0)) return;
  const bool structures =
      scene.structures && style.show_structures && style.show_original;
  // two sets of outlines at once: the one that was asked for stands out
  if (scene.signature && style.show_contours)
    outline_signature(style,
                      structures ? kFaint * style.opacity : style.opacity,
                      pixels, stride);
  if (structures) outline_structures(*scene.structures, style, pixels, stride);
}

void Raster::prepare(const Scene &scene, const Style &style) {
  const std::size_t rows = scene.value_db ? scene.value_db->height() : 0;
  const std::size_t columns = scene.value_db ? scene.value_db->width() : 0;
  if (rows != rows_ || columns != columns_) {
    down_ = rows ? Partition(rows, height_) : Partition();
    across_ = columns ? Partition(columns, width_) : Partition();
    rows_ = rows;
    columns_ = columns;
    colours_.assign(down_.groups() * across_.groups(), 0);
  }
  valid_ = scene.value_db ? scene.valid : ColumnRange{};
  shown_ = {};
  if (valid_.count() > 0 && rows > 0)
    shown_ = {group_of_column(valid_.begin),
              group_of_column(valid_.end - 1) + 1};
  const std::uint32_t tone = style.show_original ? 0xFF1A1E24 : 0xFFF1F2F4;
  const std::uint32_t stroke = style.show_original ? 0xFF2A3039 : 0xFFDFE2E6;
  hatch_.resize(std::size_t(width_ + kHatchPeriod));
  for (std::size_t x = 0; x < hatch_.size(); ++x)
    hatch_[x] = x % kHatchPeriod == 0 ? stroke : tone;
}

std::size_t Raster::group_of_column(std::size_t column) const {
  return std::size_t(across_.group[column * std::size_t(width_) / columns_]);
}

void Raster::shade(const Scene &scene, const Style &style) {
  const bool tint =
      scene.explanation && style.show_original && style.opacity > 0;
  const float largest =
      tint ? largest_magnitude(*scene.explanation, valid_) : 0;
  kept_.assign(colours_.size(), 0);
  for (std::size_t gy = 0; gy < down_.groups(); ++gy) {
    gather(scene, gy);
    if (across_.groups() != columns_) reduce(across_, shown_, cells_);
    const std::size_t row = gy * across_.groups();
    std::copy(cells_.kept.begin() + std::ptrdiff_t(shown_.begin),
              cells_.kept.begin() + std::ptrdiff_t(shown_.end),
              kept_.begin() + std::ptrdiff_t(row + shown_.begin));
    place(style, shown_, cells_);
    colour(style, shown_, cells_, colours_.data() + row);
    if (largest > 0)
      tint_row(style.opacity, largest, shown_, cells_, colours_.data() + row);
  }
}

void Raster::gather(const Scene &scene, std::size_t gy) {
  const auto nothing = -std::numeric_limits<float>::infinity();
  cells_.value.assign(columns_, nothing);
  cells_.kept.assign(columns_, 0);
  cells_.evidence.assign(columns_, 0);
  const std::size_t end = valid_.end;
  for (std::size_t y = down_.source[gy]; y < down_.source[gy + 1]; ++y) {
    const float *value = scene.value_db->row(y);
    float *best = cells_.value.data();
    for (std::size_t x = valid_.begin; x < end; ++x)
      best[x] = value[x] > best[x] ? value[x] : best[x];
    if (scene.signature) {
      const std::uint8_t *kept = scene.signature->values.data() + y * columns_;
      std::uint8_t *any = cells_.kept.data();
      for (std::size_t x = valid_.begin; x < end; ++x) any[x] |= kept[x];
    }
    if (!scene.explanation) continue;
    const float *evidence = scene.explanation->row(y);
    float *most = cells_.evidence.data();
    for (std::size_t x = valid_.begin; x < end; ++x)
      most[x] =
          std::fabs(evidence[x]) > std::fabs(most[x]) ? evidence[x] : most[x];
  }
}

void Raster::write_rows(std::uint8_t *pixels, std::size_t stride) {
  const int x0 = shown_.count() ? across_.pixel[shown_.begin] : width_;
  const int x1 = shown_.count() ? across_.pixel[shown_.end] : width_;
  for (int y = 0; y < height_; ++y) {
    const bool fresh =
        x0 < x1 && (y == 0 || down_.group[std::size_t(y)] !=
                                  down_.group[std::size_t(y - 1)]);
    if (fresh) {
      const std::uint32_t *colours =
          colours_.data() +
          std::size_t(down_.group[std::size_t(y)]) * across_.groups();
      for (int x = x0; x < x1; ++x)
        line_[std::size_t(x)] = colours[across_.group[std::size_t(x)]];
    }
    const std::uint32_t *hatch = hatch_.data() + y % kHatchPeriod;
    std::uint8_t *row = pixels + std::size_t(y) * stride;
    copy(row, hatch, 0, x0);
    copy(row, line_.data(), x0, x1);
    copy(row, hatch, x1, width_);
  }
}

void Raster::outline_signature(const Style &style, double opacity,
                               std::uint8_t *pixels, std::size_t stride) {
  fill_small_holes();
  if (style.show_original)
    outline({kOutline, kDarkHalo, outline_px_, false}, opacity, pixels, stride);
  else
    outline({0xFF39424E, 0xFFFFFFFF, outline_px_, false}, opacity, pixels,
            stride);
}

void Raster::outline_structures(const StructureMap &structures,
                                const Style &style, std::uint8_t *pixels,
                                std::size_t stride) {
  // what speaks is drawn over what does not
  const std::pair<mask::Speaks, Stroke> kinds[] = {
      {mask::Speaks::kNothing, {kMuted, kDarkHalo, outline_px_, false}},
      {mask::Speaks::kAgainst, {kAgainst, kDarkHalo, 2 * outline_px_, true}},
      {mask::Speaks::kFor, {kWarm, kDarkHalo, 2 * outline_px_, false}},
  };
  for (const auto &[kind, stroke] : kinds) {
    std::fill(kept_.begin(), kept_.end(), 0);
    bool any = false;
    for (std::size_t gy = 0; gy < down_.groups(); ++gy)
      for (std::size_t y = down_.source[gy]; y < down_.source[gy + 1]; ++y) {
        const mask::Speaks *says = structures.says.data() + y * columns_;
        for (std::size_t gx = shown_.begin; gx < shown_.end; ++gx)
          for (std::size_t x = across_.source[gx]; x < across_.source[gx + 1];
               ++x)
            if (says[x] == kind && x >= valid_.begin && x < valid_.end) {
              kept_[gy * across_.groups() + gx] = 1;
              any = true;
            }
      }
    if (any) outline(stroke, style.opacity, pixels, stride);
  }
}

void Raster::outline(const Stroke &stroke, double opacity, std::uint8_t *pixels,
                     std::size_t stride) {
  widen_rows(stroke.width);
  const Blend line(stroke.line, opacity), halo(stroke.halo, 0.7 * opacity);
  for (int y = 0; y < height_; ++y) {
    if (!mark_row(y, stroke.width)) continue;
    if (stroke.dashed) leave_gaps(y, kDash * stroke.width);
    std::uint8_t *row = pixels + std::size_t(y) * stride;
    std::memcpy(line_.data(), row, 4 * line_.size());
    blend_marked(marks_.data(), line, halo, line_.size(), line_.data());
    std::memcpy(row, line_.data(), 4 * line_.size());
  }
}

void Raster::leave_gaps(int y, int dash) {
  for (int x = 0; x < width_; ++x)
    if ((x + y) / dash % 2 && marks_[std::size_t(x)] == kLine)
      marks_[std::size_t(x)] = kHalo;
}

void Raster::fill_small_holes() {
  mask::Binary holes{down_.groups(), across_.groups(), kept_};
  for (std::uint8_t &k : holes.values) k = !k;
  mask::remove_small(holes, kSmallHole);
  for (std::size_t i = 0; i < kept_.size(); ++i) kept_[i] = !holes.values[i];
}

void Raster::widen_rows(int reach) {
  const auto width = std::size_t(width_);
  kept_row_.assign(down_.groups(), 0);
  for (auto &plane : wide_) plane.assign(down_.groups() * width, 0);
  for (std::size_t gy = 0; gy < down_.groups(); ++gy) {
    const std::uint8_t *row = kept_.data() + gy * across_.groups();
    for (std::size_t gx = shown_.begin; gx < shown_.end; ++gx) {
      if (!row[gx]) continue;
      std::size_t end = gx + 1;
      while (end < shown_.end && row[end]) ++end;
      kept_row_[gy] = 1;
      for (int more = 0; more < int(wide_.size()); ++more) {
        const int by = more ? reach + more - 1 : 0;
        const int x0 = std::max(across_.pixel[gx] - by, 0);
        const int x1 = std::min(across_.pixel[end] + by, width_);
        std::fill_n(wide_[std::size_t(more)].data() + gy * width + x0, x1 - x0,
                    1);
      }
      gx = end;
    }
  }
}

bool Raster::mark_row(int y, int reach) {
  const auto width = std::size_t(width_);
  marks_.assign(width, kNone);
  const auto group = [&](int at) {
    return std::size_t(
        down_.group[std::size_t(std::clamp(at, 0, height_ - 1))]);
  };
  bool any = false;
  for (const auto &[plane, by, mark] :
       {std::tuple(2, reach + 1, kHalo), std::tuple(1, reach, kLine)})
    for (std::size_t gy = group(y - by); gy <= group(y + by); ++gy) {
      if (!kept_row_[gy]) continue;
      any = true;
      put_marks(wide_[std::size_t(plane)].data() + gy * width, mark, width,
                marks_.data());
    }
  if (any && kept_row_[group(y)])
    clear_marks(wide_[0].data() + group(y) * width, width, marks_.data());
  return any;
}

}  // namespace sonar::render
