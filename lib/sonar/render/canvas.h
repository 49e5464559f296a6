/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cairo.h>

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "sonar/core/error.h"
#include "sonar/core/new_file.h"

/* For the .cpp files of this folder only: elsewhere Cairo is not seen. */
namespace sonar::render {

/** Written under a temporary name and renamed. Throws Error(kResource). */
inline void write_png(cairo_surface_t *picture, const std::string &path) {
  NewFile file(path, "the figure");
  errno = 0;
  const cairo_status_t status =
      cairo_surface_write_to_png(picture, file.temporary().c_str());
  if (status != CAIRO_STATUS_SUCCESS)
    file.fail(errno ? std::strerror(errno) : cairo_status_to_string(status));
  file.keep();
}

enum class Align { kLeft, kCentre, kRight };

/** A picture of our own that Cairo draws on. */
class Canvas {
 public:
  Canvas(int width, int height)
      : surface_(
            cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height)),
        cairo_(cairo_create(surface_)) {
    const cairo_status_t status = cairo_status(cairo_);
    if (status == CAIRO_STATUS_SUCCESS) return;
    close();
    throw Error(Errc::kResource,
                "no memory for a picture of " + std::to_string(width) + " x " +
                    std::to_string(height) + " pixels (width x height): " +
                    cairo_status_to_string(status));
  }
  ~Canvas() { close(); }
  Canvas(const Canvas &) = delete;
  Canvas &operator=(const Canvas &) = delete;

  std::uint8_t *row(int y) const {
    return cairo_image_surface_get_data(surface_) +
           std::ptrdiff_t(y) * cairo_image_surface_get_stride(surface_);
  }
  void flush() { cairo_surface_flush(surface_); }

  /** Rows [y0, y1) as they are in @p other, a canvas of the same size. */
  void restore(const Canvas &other, int y0, int y1) {
    flush();
    std::memcpy(row(y0), other.row(y0),
                std::size_t(other.row(y1) - other.row(y0)));
    cairo_surface_mark_dirty(surface_);
  }

  void fill(double x, double y, double width, double height,
            std::uint32_t colour) {
    ink(colour);
    cairo_rectangle(cairo_, x, y, width, height);
    cairo_fill(cairo_);
  }

  /** One pixel wide, inside the rectangle. */
  void frame(int x, int y, int width, int height, std::uint32_t colour) {
    ink(colour);
    cairo_set_line_width(cairo_, 1);
    cairo_rectangle(cairo_, x + 0.5, y + 0.5, width - 1, height - 1);
    cairo_stroke(cairo_);
  }

  void font(double size, bool bold = false) {
    cairo_select_font_face(
        cairo_, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
        bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo_, size);
    size_ = size;
  }

  double width_of(const std::string &text) {
    cairo_text_extents_t extents;
    cairo_text_extents(cairo_, text.c_str(), &extents);
    return extents.x_advance;
  }

  /** Text whose capitals are centred on @p y; returns its width. */
  double text(double x, double y, const std::string &text, std::uint32_t colour,
              Align align = Align::kLeft) {
    const double width = width_of(text);
    if (align == Align::kCentre) x -= width / 2;
    if (align == Align::kRight) x -= width;
    ink(colour);
    // DejaVu's capitals are 0.73 of the size high.
    cairo_move_to(cairo_, std::round(x), std::round(y + 0.365 * size_));
    cairo_show_text(cairo_, text.c_str());
    return width;
  }

  /** Text that reads upwards, centred. */
  void text_upwards(double x, double y, const std::string &text,
                    std::uint32_t colour) {
    ink(colour);
    cairo_save(cairo_);
    cairo_move_to(cairo_, std::round(x + 0.365 * size_),
                  std::round(y + width_of(text) / 2));
    cairo_rotate(cairo_, -M_PI / 2);
    cairo_show_text(cairo_, text.c_str());
    cairo_restore(cairo_);
  }

  /** A line through @p points (x, y), @p width wide; @p dashes: lengths of
   *  stroke and gap in turn, empty for a solid one. */
  void polyline(const std::vector<std::pair<double, double>> &points,
                double width, std::uint32_t colour,
                const std::vector<double> &dashes = {}) {
    ink(colour);
    cairo_set_line_width(cairo_, width);
    cairo_set_line_join(cairo_, CAIRO_LINE_JOIN_ROUND);
    cairo_set_dash(cairo_, dashes.data(), int(dashes.size()), 0);
    cairo_new_path(cairo_);  // text leaves a point behind
    for (const auto &[x, y] : points) cairo_line_to(cairo_, x, y);
    cairo_stroke(cairo_);
    cairo_set_dash(cairo_, nullptr, 0, 0);
  }

  void polygon(const std::vector<std::pair<double, double>> &corners,
               std::uint32_t colour) {
    ink(colour);
    cairo_new_path(cairo_);
    for (const auto &[x, y] : corners) cairo_line_to(cairo_, x, y);
    cairo_fill(cairo_);
  }

  void disc(double x, double y, double radius, std::uint32_t colour) {
    ink(colour);
    cairo_new_path(cairo_);
    cairo_arc(cairo_, x, y, radius, 0, 2 * M_PI);
    cairo_fill(cairo_);
  }

  /** Keeps what follows inside a rectangle, until unclip(). */
  void clip(double x, double y, double width, double height) {
    cairo_save(cairo_);
    cairo_rectangle(cairo_, x, y, width, height);
    cairo_clip(cairo_);
  }
  void unclip() { cairo_restore(cairo_); }

  /** Throws Error(kResource). */
  void write_png(const std::string &path) const {
    render::write_png(surface_, path);
  }

  /** @p text cut to @p room pixels, with an ellipsis; empty when even that
   *  does not fit. Cuts between UTF-8 characters. */
  std::string fitted(std::string text, double room) {
    if (width_of(text) <= room) return text;
    while (!text.empty()) {
      while (text.size() > 1 && (text.back() & 0xC0) == 0x80) text.pop_back();
      text.pop_back();
      if (!text.empty() && width_of(text + "\u2026") <= room)
        return text + "\u2026";
    }
    return text;
  }

 private:
  void ink(std::uint32_t colour) {
    cairo_set_source_rgb(cairo_, (colour >> 16 & 255) / 255.0,
                         (colour >> 8 & 255) / 255.0, (colour & 255) / 255.0);
  }
  void close() {
    cairo_destroy(cairo_);
    cairo_surface_destroy(surface_);
  }

  cairo_surface_t *surface_;
  cairo_t *cairo_;
  double size_ = 0;
};

}  // namespace sonar::render
