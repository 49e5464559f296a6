/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/spectrograph.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "sonar/core/error.h"
#include "sonar/dsp/columns.h"
#include "sonar/dsp/decimator.h"
#include "sonar/dsp/gray.h"
#include "sonar/dsp/level.h"
#include "sonar/dsp/mirrored.h"
#include "sonar/dsp/tile.h"

namespace sonar::dsp {
namespace {

std::int64_t latency_of(const Recipe &r, int lookahead) {
  return (r.advance - 1 + lookahead) * r.column_samples() + r.span_samples();
}

/* Where pictures choose their own range, what they choose from: any level, in
 * steps of 0.008 dB. */
constexpr double kWideFloorDb = -250.0, kWideRangeDb = 500.0;

/* The recipe of the pixels that columns are kept as. */
Recipe kept(Recipe r) {
  if (r.auto_range_percent > 0) {
    r.floor_db = kWideFloorDb;
    r.range_db = kWideRangeDb;
  }
  return r;
}

const Recipe &validated(const Recipe &recipe) {
  recipe.validate();
  return recipe;
}

/* As columns have them, lowest row first; none where a background is divided
 * out. */
std::vector<float> turned_over(std::vector<float> offsets_db, const Recipe &r) {
  if (!offsets_db.empty() && offsets_db.size() != std::size_t(r.height()))
    throw Error(Errc::kBadArgument, "Spectrograph got " +
                                        std::to_string(offsets_db.size()) +
                                        " level offsets, needed one a row: " +
                                        std::to_string(r.height()) + ".");
  if (r.has_background()) return {};
  std::reverse(offsets_db.begin(), offsets_db.end());
  return offsets_db;
}

/* The fine spectrum, whose windows are centred where the picture's are: dB of
 * 16-bit pixels, each column made once. */
class FineSpectrum {
  auto to_columns() {
    return [this](const float *samples, std::size_t count) {
      columns_.push(samples, count);
    };
  }

 public:
  explicit FineSpectrum(const Recipe &r)
      : recipe_(validated(r.evidence_recipe())),
        rows_(std::size_t(recipe_.height())),
        pad_(std::size_t(r.evidence_fft_size - r.fft_size) / 2),
        mirrored_(pad_),
        columns_(recipe_),
        tile_(recipe_, seen(0)),
        value_(rows_),
        background_(rows_),
        pixels_(rows_) {}

  void push(const float *samples, std::size_t count) {
    mirrored_.push(samples, count, to_columns());
  }
  void drain() {
    mirrored_.drain(to_columns());
    columns_.drain();
  }
  /** Follows the picture's pop() one to one. */
  bool pop(Image &fine_db) {
    const auto advance = std::size_t(recipe_.advance);
    for (; fresh_ < advance; ++fresh_) {
      if (!columns_.pop(value_.data(), background_.data())) break;
      as_seen(tile_.fresh(fresh_));
    }
    if (fresh_ < advance && (fresh_ == 0 || !columns_.drained())) return false;
    tile_.slide(fresh_);
    fresh_ = 0;
    const auto width = std::size_t(recipe_.width);
    if (fine_db.height() != rows_ || fine_db.width() != width)
      fine_db = Image(rows_, width);
    tile_.copy_to(fine_db.data());
    return true;
  }
  void reset() {
    mirrored_.reset();
    columns_.reset();
    tile_.reset();
    fresh_ = 0;
  }
  std::int64_t latency_samples() const {
    return latency_of(recipe_, columns_.lookahead()) -
           std::int64_t(pad_) * recipe_.decimation;
  }

 private:
  float seen(float db) const {
    return decode_db(encode_db(db, recipe_.floor_db, recipe_.range_db),
                     recipe_.floor_db, recipe_.range_db);
  }
  void as_seen(float *out) {
    encode_db(value_.data(), rows_, recipe_.floor_db, recipe_.range_db,
              pixels_.data());
    for (std::size_t i = 0; i < rows_; ++i)
      out[i] = decode_db(pixels_[i], recipe_.floor_db, recipe_.range_db);
  }

  Recipe recipe_;
  std::size_t rows_, pad_;
  Mirrored mirrored_;
  Columns columns_;
  Tile<float> tile_;
  std::size_t fresh_ = 0;  // columns waiting for the next picture
  std::vector<float> value_, background_;
  std::vector<std::uint16_t> pixels_;
};

/* Gives a picture the floor and range that its valid pixels need. */
class AutomaticRange {
 public:
  explicit AutomaticRange(const Recipe &r)
      : rows_(std::size_t(r.height())),
        width_(std::size_t(r.width)),
        share_(r.auto_range_percent / 100) {}

  void apply(Picture &picture) {
    sorted_.clear();
    for (std::size_t y = 0; y < rows_; ++y) {
      const std::uint16_t *row = picture.pixels.data() + y * width_;
      sorted_.insert(sorted_.end(), row + picture.valid.begin,
                     row + picture.valid.end);
    }
    const auto level = [&](std::uint16_t pixel) {
      return double(decode_db(pixel, kWideFloorDb, kWideRangeDb));
    };
    picture.floor_db = level(at(share_));
    picture.range_db =
        std::max(level(at(1 - share_)) - picture.floor_db, kLeastRangeDb);
    for (std::uint16_t &pixel : picture.pixels)
      pixel =
          encode_db(float(level(pixel)), picture.floor_db, picture.range_db);
  }

 private:
  static constexpr double kLeastRangeDb = 1.0;  // of a flat picture

  std::uint16_t at(double share) {
    const auto place =
        sorted_.begin() +
        std::ptrdiff_t(std::lround(share * double(sorted_.size() - 1)));
    std::nth_element(sorted_.begin(), place, sorted_.end());
    return *place;
  }

  std::size_t rows_, width_;
  double share_;
  std::vector<std::uint16_t> sorted_;
};

}  // namespace

struct Spectrograph::Impl {
  Recipe recipe;
  std::size_t rows;
  std::optional<Decimator> decimator;
  std::vector<float> offsets;  // dB
  Columns columns;
  double floor_db, range_db;  // of the pixels that columns are kept as
  Tile<std::uint16_t> pixels;
  std::optional<Tile<float>> background;
  std::optional<FineSpectrum> fine;
  std::optional<AutomaticRange> automatic;
  std::size_t fresh = 0;        // columns waiting for the next picture
  std::int64_t new_column = 0;  // stream column of the first of them
  std::uint64_t samples = 0;
  std::vector<float> value, decimated;

  Impl(const Recipe &r, std::vector<float> offsets_db)
      : recipe(validated(r)),
        rows(std::size_t(r.height())),
        offsets(turned_over(std::move(offsets_db), r)),
        columns(r),
        floor_db(kept(r).floor_db),
        range_db(kept(r).range_db),
        pixels(r, encode_db(no_signal_db(kept(r)), floor_db, range_db)),
        value(rows) {
    if (r.decimation > 1 && r.mode != Mode::kDemon)
      decimator.emplace(std::size_t(r.decimation));
    if (r.evidence_fft_size > 0) fine.emplace(r);
    if (r.has_background()) background.emplace(r, kSilenceDb);
    if (r.auto_range_percent > 0) automatic.emplace(r);
  }

  static float no_signal_db(const Recipe &r) {
    return r.has_background() ? 0.0f : float(r.floor_db);
  }

  void push(const float *from, std::size_t count) {
    if (decimator) {
      decimated.clear();
      decimator->push(from, count, decimated);
      push_decimated();
    } else {
      columns.push(from, count);
      if (fine) fine->push(from, count);
    }
  }

  void push_decimated() {
    columns.push(decimated.data(), decimated.size());
    if (fine) fine->push(decimated.data(), decimated.size());
  }

  /* Fills the columns the next picture needs as far as samples go. */
  bool gather() {
    const std::size_t advance = std::size_t(recipe.advance);
    for (; fresh < advance; ++fresh) {
      float *floor = background ? background->fresh(fresh) : nullptr;
      if (!columns.pop(value.data(), floor)) break;
      for (std::size_t i = 0; i < offsets.size(); ++i) value[i] += offsets[i];
      encode_db(value.data(), rows, floor_db, range_db, pixels.fresh(fresh));
    }
    return fresh == advance || (columns.drained() && fresh > 0);
  }

  void copy_background(Image &image) {
    const bool fits =
        image.height() == rows && image.width() == std::size_t(recipe.width);
    if (!background) {
      image = Image();
      return;
    }
    if (!fits) image = Image(rows, std::size_t(recipe.width));
    background->slide(fresh);
    background->copy_to(image.data());
  }
};

Spectrograph::Spectrograph(const Recipe &recipe,
                           std::vector<float> level_offsets_db)
    : impl_(new Impl(recipe, std::move(level_offsets_db))) {}
Spectrograph::~Spectrograph() = default;
Spectrograph::Spectrograph(Spectrograph &&) noexcept = default;
Spectrograph &Spectrograph::operator=(Spectrograph &&) noexcept = default;

const Recipe &Spectrograph::recipe() const noexcept { return impl_->recipe; }

void Spectrograph::push(const float *samples, std::size_t count) {
  if (impl_->columns.drained())
    throw Error(Errc::kBadArgument,
                "Spectrograph got samples after its end; reset() starts a new "
                "stream.");
  impl_->push(samples, count);
  impl_->samples += count;
}

void Spectrograph::drain() {
  Impl &m = *impl_;
  if (m.columns.drained()) return;
  const std::uint64_t window = std::uint64_t(m.recipe.window_samples()) *
                               std::uint64_t(m.recipe.decimation);
  if (m.samples > 0 && m.samples < window) {
    const std::vector<float> zeros(window - m.samples);
    m.push(zeros.data(), zeros.size());
  }
  if (m.decimator) {
    m.decimated.clear();
    m.decimator->drain(m.decimated);
    m.push_decimated();
  }
  if (m.fine) m.fine->drain();
  m.columns.drain();
}

bool Spectrograph::pop(Picture &picture) {
  Impl &m = *impl_;
  if (!m.gather()) return false;
  if (!m.fine)
    picture.fine_db = Image();
  else if (!m.fine->pop(picture.fine_db))
    return false;
  const std::int64_t old = m.recipe.width - m.recipe.advance;
  m.pixels.slide(m.fresh);
  picture.pixels.resize(m.rows * std::size_t(m.recipe.width));
  m.pixels.copy_to(picture.pixels.data());
  picture.floor_db = m.floor_db;
  picture.range_db = m.range_db;
  m.copy_background(picture.background_db);
  picture.first_column = m.new_column - old;
  picture.new_columns = int(m.fresh);
  picture.valid.begin =
      std::size_t(std::max<std::int64_t>(0, -picture.first_column));
  picture.valid.end = std::size_t(old) + m.fresh;
  if (m.automatic) m.automatic->apply(picture);
  m.new_column += m.recipe.advance;
  m.fresh = 0;
  return true;
}

void Spectrograph::reset() {
  Impl &m = *impl_;
  if (m.decimator) m.decimator->reset();
  m.columns.reset();
  m.pixels.reset();
  if (m.background) m.background->reset();
  if (m.fine) m.fine->reset();
  m.fresh = 0;
  m.new_column = 0;
  m.samples = 0;
}

std::int64_t Spectrograph::latency_samples() const noexcept {
  const Impl &m = *impl_;
  std::int64_t latency = latency_of(m.recipe, m.columns.lookahead());
  if (m.fine) latency = std::max(latency, m.fine->latency_samples());
  latency += m.columns.delay_samples();
  // an analysis sample is there with the input sample that it is centred on
  if (m.decimator)
    latency +=
        std::int64_t(m.decimator->delay_samples()) - (m.recipe.decimation - 1);
  return latency;
}

Image decode(const Picture &picture, const Recipe &recipe) {
  const auto width = std::size_t(recipe.width);
  return decode_gray(
      reinterpret_cast<const std::uint8_t *>(picture.pixels.data()),
      width * sizeof(std::uint16_t), std::size_t(recipe.height()), width,
      {16, picture.floor_db, picture.range_db});
}

}  // namespace sonar::dsp
