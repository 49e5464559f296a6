/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <utility>

#include "sonar/core/error.h"
#include "sonar/core/utc.h"
#include "sonar/render/canvas.h"
#include "sonar/render/families.h"
#include "sonar/render/layout.h"
#include "sonar/render/notes.h"
#include "sonar/render/raster.h"
#include "sonar/render/scene.h"
#include "sonar/render/ticks.h"
#include "sonar/render/trail_lines.h"

namespace sonar::render {

namespace {

constexpr std::uint32_t kBackground = 0xFF14171C, kInk = 0xFFE6E9ED,
                        kFaint = 0xFF9AA4B1, kRule = 0xFF4A535F;

/** "12.50" -> "12.5", "3.000" -> "3". */
std::string decimals(double value, int places) {
  char text[48];
  // Adding zero makes a negative zero a positive one.
  std::snprintf(text, sizeof text, "%.*f", places, value + 0.0);
  std::string out = text;
  if (out.find('.') == std::string::npos) return out;
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out;
}

/** Minutes, seconds and tenths, always all of them: a running clock whose
 *  digits come and go is hard to read. */
std::string clock_text(double seconds) {
  const long long tenths = std::llround(std::max(0.0, seconds) * 10);
  const long long minutes = tenths / 600;
  char text[64];
  if (minutes >= 60)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld.%lld", minutes / 60,
                  minutes % 60, tenths / 10 % 60, tenths % 10);
  else
    std::snprintf(text, sizeof text, "%lld:%02lld.%lld", minutes,
                  tenths / 10 % 60, tenths % 10);
  return text;
}

/** "2023-03-02 05:48:58.1 UTC", or without the date where there is no room. */
std::string utc_text(std::int64_t utc_ns, bool with_date) {
  constexpr std::int64_t kTenth = 100000000;
  const utc::Civil c =
      utc::civil_of(std::llround(double(utc_ns) / kTenth) * kTenth);
  char date[40] = "", time[40];
  if (with_date)
    std::snprintf(date, sizeof date, "%04d-%02d-%02d ", c.year, c.month, c.day);
  std::snprintf(time, sizeof time, "%02d:%02d:%02d.%d UTC", c.hour, c.minute,
                c.second, int(c.nanosecond / kTenth));
  return std::string(date) + time;
}

/** "vessel 0.93" -> "vessel": whom the explanation is about. */
std::string class_of(const std::string &label) {
  const std::size_t space = label.rfind(' ');
  if (space == std::string::npos) return label;
  const std::string score = label.substr(space + 1);
  const bool number =
      !score.empty() &&
      score.find_first_not_of("0123456789.%") == std::string::npos;
  return number ? label.substr(0, space) : label;
}

void draw_frequency_axis(Canvas &canvas, const Layout &at, const Style &style,
                         const Axes &axes) {
  const std::vector<double> &edges = axes.row_edges_hz;
  canvas.font(at.em);
  for (const Tick &tick : frequency_ticks(
           edges.back(), edges.front(),
           std::size_t(std::max(2.0, at.plot.height / (2.2 * at.em))),
           is_geometric(edges))) {
    const double y =
        at.plot.y + frequency_depth(edges, tick.value, at.plot.height);
    const bool major = !tick.text.empty();
    const int length = at.px(major ? 0.5 : 0.25);
    const double line = std::min(std::floor(y), at.plot_bottom() - 1.0);
    canvas.fill(at.plot.x - 1 - length, line, length, 1,
                major ? kFaint : kRule);
    if (major && style.show_frequency_labels)
      canvas.text(at.plot.x - at.px(0.85), y, tick.text, kInk, Align::kRight);
  }
}

void draw_colour_bar(Canvas &canvas, const Layout &at, const Style &style,
                     const std::string &unit) {
  const auto &colours = palette(style.colormap);
  const Painter::Rect &bar = at.bar;
  for (int y = 0; y < bar.height; ++y) {
    const double t = 1 - (y + 0.5) / bar.height;
    canvas.fill(bar.x, bar.y + y, bar.width, 1,
                colours[std::size_t(std::lround(t * 255))]);
  }
  canvas.frame(bar.x - 1, bar.y - 1, bar.width + 2, bar.height + 2, kRule);
  const double span = style.high_db - style.low_db;
  const auto most = std::size_t(std::max(1.0, bar.height / (3.2 * at.em)));
  canvas.font(at.em);
  for (const Tick &tick : detail::ticks_every(
           detail::decimal_step(span, most), style.low_db, style.high_db,
           [](double value) { return decimals(value, 3); })) {
    if (tick.text.empty()) continue;
    const double y =
        bar.y + (style.high_db - tick.value) / span * (bar.height - 1);
    canvas.fill(bar.x + bar.width + 1, std::floor(y), at.px(0.3), 1, kFaint);
    canvas.text(bar.x + bar.width + at.px(0.55), y, tick.text, kInk);
  }
  canvas.text_upwards(at.width - 0.8 * at.em, bar.y + bar.height / 2.0,
                      canvas.fitted(drawn_unit(unit), bar.height), kFaint);
}

/** Pixels that a tonal is wide in a frame of @p height. */
int trail_width(int height) { return height >= 1000 ? 2 : 1; }

bool has_trail(const Scene &scene, std::uint32_t colour) {
  return scene.tracks &&
         std::any_of(scene.tracks->begin(), scene.tracks->end(),
                     [&](const Trail &t) { return t.colour == colour; });
}

/** What the title bar says; drawn again when any of it changes. */
struct Title {
  std::string label, subtitle, clock;
  bool outline = false, tracks = false, explanation = false;
  bool structures = false, lone_tonals = false;
  std::vector<HarmonicFamily> families;
  bool utc = false;
  bool operator==(const Title &o) const {
    return label == o.label && subtitle == o.subtitle && clock == o.clock &&
           outline == o.outline && tracks == o.tracks &&
           explanation == o.explanation && structures == o.structures &&
           lone_tonals == o.lone_tonals && families == o.families;
  }
};

/** A sample of an outline, @p wide and @p high, as it runs in the picture. */
void draw_sample(Canvas &canvas, double x, double y, double wide, double high,
                 std::uint32_t colour, double line, bool dashed) {
  const double in = line / 2;
  const double dash = dashed ? kDash * line : 0;
  canvas.polyline(
      {{x + in, y + in},
       {x + wide - in, y + in},
       {x + wide - in, y + high - in},
       {x + in, y + high - in},
       {x + in, y}},
      line, colour,
      dashed ? std::vector<double>{dash, dash} : std::vector<double>{});
}

/** Draws the entries that fit before @p right; returns where they end. */
double draw_legend(Canvas &canvas, const Layout &at, const Title &title,
                   double x, double y, double right) {
  const double box = std::round(0.75 * at.em), gap = 0.45 * at.em;
  const double top = std::round(y - box / 2), frame = std::round(1.6 * box);
  const auto entry = [&](double wide, const std::string &text, auto draw) {
    const double end = x + wide + gap + canvas.width_of(text);
    if (end > right) {
      right = x;  // nor anything after it
      return;
    }
    draw();
    canvas.text(x + wide + gap, y, text, kFaint);
    x = std::round(end + 1.4 * at.em);
  };
  const auto outlined = [&](const std::string &text, std::uint32_t colour,
                            double line, bool dashed) {
    entry(frame, text, [&] {
      draw_sample(canvas, x, top, frame, box, colour, line, dashed);
    });
  };
  const auto filled = [&](const std::string &text, std::uint32_t colour) {
    entry(box, text, [&] { canvas.fill(x, top, box, box, colour); });
  };
  if (title.outline) outlined("signature", kOutline, 1, false);
  const auto line = [&](const std::string &text, std::uint32_t colour) {
    entry(frame, text, [&] {
      canvas.fill(x, std::floor(y), frame, trail_width(at.height), colour);
    });
  };
  if (title.tracks) line("tonal", kTrail);
  if (title.lone_tonals) line("tonal, no family", kLoneTonal);
  const std::string speaks_for = "speaks for " + class_of(title.label);
  if (title.structures) {
    outlined(speaks_for, kWarm, 2, false);
    outlined("against", kAgainst, 2, true);
    outlined("says nothing", kMuted, 1, false);
  }
  if (title.explanation) {
    filled(title.structures ? "for" : speaks_for, kWarm);
    filled("against", kCool);
  }
  return x;
}

/** Left: label over legend. Right: clock over subtitle. */
void draw_title(Canvas &canvas, const Layout &at, const Title &title) {
  const bool roomy = at.plot.width > 24 * at.em;
  const double left = roomy && at.plot.x > 0 ? at.plot.x : at.px(0.8);
  const double right = at.width - at.px(0.8);
  const double upper = 1.45 * at.em, lower = 3.05 * at.em;

  double label_right = right;
  if (!title.clock.empty()) {
    canvas.font(1.25 * at.em);
    label_right -=
        canvas.text(right, upper, title.clock, kInk, Align::kRight) + at.em;
  }
  canvas.font(0.9 * at.em);
  if (!title.clock.empty() && at.plot.width > (title.utc ? 44 : 24) * at.em)
    label_right -= canvas.text(label_right + 0.3 * at.em, upper,
                               "newest column", kFaint, Align::kRight) +
                   at.em;
  const double legend_right =
      draw_legend(canvas, at, title, left, lower, right);
  const std::string subtitle =
      canvas.fitted(title.subtitle, right - legend_right);
  if (title.clock.empty())
    canvas.text(legend_right, lower, subtitle, kFaint);
  else
    canvas.text(right, lower, subtitle, kFaint, Align::kRight);

  draw_family_names(canvas, at, title.families, left, 4.65 * at.em, right);
  canvas.font(1.75 * at.em, true);
  canvas.text(left, upper, canvas.fitted(title.label, label_right - left),
              kInk);
}

/** Text centred on @p x, kept inside the picture and left out where it would
 *  run into that before it, which ends at @p end. */
void draw_centred(Canvas &canvas, const Layout &at, double x, double y,
                  const std::string &text, std::uint32_t colour, double &end) {
  const double half = canvas.width_of(text) / 2;
  x = std::min(std::max(x, half), at.width - half);
  if (x - half < end) return;
  canvas.text(x, y, text, colour, Align::kCentre);
  end = x + half + 0.5 * at.em;
}

void draw_time_axis(Canvas &canvas, const Layout &at,
                    const std::vector<TimeMark> &marks) {
  double time_end = 0, date_end = 0;
  canvas.font(at.em);
  for (const TimeMark &mark : marks) {
    const bool major = !mark.text.empty();
    canvas.fill(mark.x, at.plot_bottom() + 1, 1, at.px(major ? 0.5 : 0.25),
                major ? kFaint : kRule);
    if (major)
      draw_centred(canvas, at, mark.x, at.plot_bottom() + at.px(1.3), mark.text,
                   kInk, time_end);
    if (!mark.date.empty())
      draw_centred(canvas, at, mark.x, at.plot_bottom() + at.px(2.6), mark.date,
                   kFaint, date_end);
  }
}

[[noreturn]] void refuse(const std::string &what) {
  throw Error(Errc::kBadArgument, "cannot draw: " + what);
}

std::string shape(std::size_t height, std::size_t width) {
  return std::to_string(height) + " x " + std::to_string(width) +
         " (rows x columns)";
}

void check(const Scene &scene, const Axes &axes) {
  if (axes.row_edges_hz.size() < 2)
    refuse("the axes need at least 2 row edges, got " +
           std::to_string(axes.row_edges_hz.size()));
  if (!scene.value_db) return;
  const Image &value = *scene.value_db;
  const std::string picture =
      "the picture is " + shape(value.height(), value.width());
  if (value.empty()) refuse(picture + "; leave it null to draw no data");
  if (axes.row_edges_hz.size() != value.height() + 1)
    refuse(picture + ", but the axes have " +
           std::to_string(axes.row_edges_hz.size()) +
           " row edges; give one more than rows");
  if (!(axes.column_seconds > 0))
    refuse("seconds from column to column must be above 0, got " +
           std::to_string(axes.column_seconds));
  if (scene.valid.begin > scene.valid.end || scene.valid.end > value.width())
    refuse(picture + ", but its valid columns are " +
           std::to_string(scene.valid.begin) + " to " +
           std::to_string(scene.valid.end));
  if (scene.signature && (scene.signature->height != value.height() ||
                          scene.signature->width != value.width()))
    refuse(picture + ", its signature " +
           shape(scene.signature->height, scene.signature->width) +
           "; give both the same shape");
  if (scene.structures && (scene.structures->height != value.height() ||
                           scene.structures->width != value.width() ||
                           scene.structures->says.size() != value.size()))
    refuse(picture + ", its structures " +
           shape(scene.structures->height, scene.structures->width) +
           "; give both the same shape");
  if (scene.explanation && !scene.explanation->same_shape(value))
    refuse(picture + ", its explanation " +
           shape(scene.explanation->height(), scene.explanation->width()) +
           "; give both the same shape");
}

}  // namespace

std::string drawn_unit(std::string unit) {
  for (const auto &[printed, drawn] :
       {std::pair("uPa", "\u00b5Pa"), std::pair("^2", "\u00b2")}) {
    const auto at = unit.find(printed);
    if (at != std::string::npos) unit.replace(at, std::strlen(printed), drawn);
  }
  return unit;
}

std::string format_hz(double hz) {
  // Half a thousandth of a hertz more would print as 1000 Hz.
  return std::fabs(hz) < 999.9995 ? decimals(hz, 3) + " Hz"
                                  : decimals(hz / 1000, 3) + " kHz";
}

std::string format_seconds(double seconds) {
  const long long ms = std::llround(std::fabs(seconds) * 1000);
  const std::string sign = seconds < 0 && ms > 0 ? "-" : "";
  if (ms < 60000) return sign + decimals(double(ms) / 1000, 3) + " s";
  const long long minutes = ms / 60000;
  const std::string rest = decimals(double(ms % 60000) / 1000, 3);
  const std::string pad = ms % 60000 < 10000 ? "0" : "";
  if (minutes < 60) return sign + std::to_string(minutes) + ":" + pad + rest;
  char hours[48];
  std::snprintf(hours, sizeof hours, "%lld:%02lld:", minutes / 60,
                minutes % 60);
  return sign + hours + pad + rest;
}

struct Painter::Impl {
  Impl(int w, int h) : width(w), height(h), base(w, h), dressed(w, h) {
    lay_out();
  }

  void lay_out() {
    at = Layout(width, height, style);
    // A hairline up to 720 lines; two pixels on larger screens.
    raster.resize(at.plot.width, at.plot.height, height >= 1000 ? 2 : 1);
    stale = true;
  }

  void draw_base(const Axes &axes) {
    base.fill(0, 0, width, height, kBackground);
    if (style.show_axes) {
      base.frame(at.plot.x - 1, at.plot.y - 1, at.plot.width + 2,
                 at.plot.height + 2, kRule);
      draw_frequency_axis(base, at, style, axes);
      draw_colour_bar(base, at, style, axes.unit);
    }
    base.flush();
    dressed.restore(base, 0, height);
    edges_hz = axes.row_edges_hz;
    unit = axes.unit;
    title = Title();
    marks.clear();
    stale = false;
  }

  /** @p newest_s after column 0. */
  void set_clock(Title &title, const Axes &axes, double newest_s) const {
    title.utc = style.show_utc && axes.column0_utc_ns;
    title.clock =
        title.utc
            ? utc_text(*axes.column0_utc_ns + std::llround(newest_s * 1e9),
                       at.plot.width > 34 * at.em)
            : clock_text(axes.column0_seconds + newest_s);
  }

  void dress(const Scene &scene, const Axes &axes) {
    if (stale || axes.row_edges_hz != edges_hz || axes.unit != unit)
      draw_base(axes);
    if (style.show_label) {
      Title now{
          scene.label,
          scene.subtitle,
          "",
          scene.signature && style.show_contours && style.show_original,
          has_trail(scene, 0) && style.show_tracks,
          scene.explanation && style.show_original,
          scene.structures && style.show_structures && style.show_original,
          has_trail(scene, kLoneTonal) && style.show_tracks,
          style.show_families ? scene.families : std::vector<HarmonicFamily>()};
      if (scene.value_db && scene.valid.count() > 0 && style.show_clock)
        set_clock(now, axes, double(scene.valid.end - 1) * axes.column_seconds);
      if (!(now == title)) {
        // The frame and the topmost tick's text share the bar's last rows.
        dressed.restore(base, 0, at.plot.y);
        draw_title(dressed, at, now);
        title = std::move(now);
      }
    }
    if (style.show_axes) {
      auto now =
          time_marks(at, axes, scene.value_db ? scene.value_db->width() : 0,
                     style.show_utc);
      if (now != marks) {
        dressed.restore(base, at.plot_bottom(), height);
        draw_time_axis(dressed, at, now);
        marks = std::move(now);
      }
    }
    dressed.flush();
  }

  /** All but the plot area. */
  void copy_margins(std::uint8_t *pixels, std::size_t stride) const {
    const std::size_t right = 4 * std::size_t(at.plot_right());
    const std::size_t row = 4 * std::size_t(width);
    for (int y = 0; y < height; ++y) {
      std::uint8_t *to = pixels + std::size_t(y) * stride;
      const std::uint8_t *from = dressed.row(y);
      if (y < at.plot.y || y >= at.plot_bottom()) {
        std::memcpy(to, from, row);
        continue;
      }
      std::memcpy(to, from, 4 * std::size_t(at.plot.x));
      std::memcpy(to + right, from + right, row - right);
    }
  }

  int width, height;
  Style style;
  Layout at;
  Raster raster;
  Canvas base, dressed;  ///< without and with title and time
  bool stale = true;
  std::vector<double> edges_hz;
  std::string unit;
  Title title;
  std::vector<TimeMark> marks;
};

Painter::Painter(int width, int height) {
  if (width < 160 || height < 120)
    refuse("a picture of " + std::to_string(width) + " x " +
           std::to_string(height) +
           " pixels (width x height) has no room for axes; give at least "
           "160 x 120");
  impl_ = std::make_unique<Impl>(width, height);
}

Painter::~Painter() = default;
Painter::Painter(Painter &&) noexcept = default;
Painter &Painter::operator=(Painter &&) noexcept = default;

void Painter::set_style(const Style &style) {
  if (!(style.low_db < style.high_db) ||
      !std::isfinite(style.high_db - style.low_db))
    refuse("the colour map goes from " + std::to_string(style.low_db) + " to " +
           std::to_string(style.high_db) +
           " dB; give a low end below the high end");
  if (!(style.opacity >= 0 && style.opacity <= 1))
    refuse("opacity is " + std::to_string(style.opacity) +
           "; give a value from 0 to 1");
  if (style == impl_->style) return;  // what was drawn for it still holds
  impl_->style = style;
  impl_->lay_out();
}

void Painter::draw(const Scene &scene, const Axes &axes, std::uint8_t *pixels,
                   std::size_t stride) {
  check(scene, axes);
  if (stride < 4 * std::size_t(impl_->width))
    refuse("a row of " + std::to_string(impl_->width) + " pixels needs " +
           std::to_string(4 * impl_->width) + " bytes, the stride is " +
           std::to_string(stride));
  impl_->dress(scene, axes);
  impl_->copy_margins(pixels, stride);
  const Rect &plot = impl_->at.plot;
  impl_->raster.draw(scene, impl_->style,
                     pixels + std::size_t(plot.y) * stride + 4 * plot.x,
                     stride);
  if (scene.tracks && scene.value_db && impl_->style.show_tracks)
    draw_trails(*scene.tracks, axes.row_edges_hz, scene.value_db->width(),
                trail_width(impl_->height), impl_->at,
                pixels + std::size_t(plot.y) * stride + 4 * plot.x, stride);
  const Style &style = impl_->style;
  if (style.show_families)
    draw_combs(scene.families, axes.row_edges_hz, impl_->at, kBackground,
               pixels, stride);
  if (scene.value_db && style.show_structures && style.show_original &&
      style.opacity > 0)
    draw_notes(scene.notes, scene.value_db->height(), scene.value_db->width(),
               plot, 0.8 * impl_->at.em, pixels, stride);
}

std::uint32_t family_colour(std::uint64_t id) noexcept {
  // apart from each other, from the colour maps and from the other outlines
  static constexpr std::uint32_t kColours[] = {
      0xFF5CE1E6, 0xFFFFB454, 0xFFC792EA, 0xFFA6E22E, 0xFFFF7A90, 0xFFF2E8CF};
  return kColours[id % (sizeof kColours / sizeof *kColours)];
}

Painter::Rect Painter::plot_area() const { return impl_->at.plot; }

}  // namespace sonar::render
