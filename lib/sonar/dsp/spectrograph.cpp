/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/spectrograph.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "sonar/core/error.h"
#include "sonar/dsp/frequency_axis.h"
#include "sonar/dsp/gray.h"
#include "sonar/dsp/level.h"
#include "sonar/dsp/mirrored.h"
#include "sonar/dsp/stft.h"
#include "sonar/dsp/tile.h"
#include "sonar/dsp/tpsw.h"

namespace sonar::dsp {
namespace {

std::int64_t latency_of(const Recipe &r, int lookahead) {
  return std::int64_t(r.advance - 1 + lookahead) * r.hop_size + r.fft_size;
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
  if (r.normalizer != Normalizer::kNone) return {};
  std::reverse(offsets_db.begin(), offsets_db.end());
  return offsets_db;
}

/* Samples in, columns of dB out, lowest frequency first. */
class Columns {
 public:
  explicit Columns(const Recipe &r)
      : rows_(std::size_t(r.height())),
        stft_({std::size_t(r.fft_size), std::size_t(r.hop_size), r.window}),
        axis_(r),
        power_(stft_.bins()),
        column_(rows_) {
    if (r.normalizer == Normalizer::kTpsw) normalizer_.emplace(r);
  }

  void push(const float *samples, std::size_t count) {
    stft_.push(samples, count);
  }
  void drain() { drained_ = true; }
  bool drained() const { return drained_; }
  void reset() {
    stft_.reset();
    if (normalizer_) normalizer_->reset();
    drained_ = normalizer_drained_ = false;
  }
  int lookahead() const { return normalizer_ ? normalizer_->lookahead() : 0; }

  /** The next column; @p background_db is written with a normaliser only. */
  bool pop(float *value_db, float *background_db) {
    if (!normalizer_) {
      if (!next_powers()) return false;
      power_to_db(column_.data(), rows_, value_db);
      return true;
    }
    while (!normalizer_->pop(value_db, background_db)) {
      if (next_powers()) {
        normalizer_->push(column_.data());
      } else if (drained_ && !normalizer_drained_) {
        normalizer_->drain();
        normalizer_drained_ = true;
      } else {
        return false;
      }
    }
    return true;
  }

 private:
  bool next_powers() {
    if (!stft_.pop(power_.data())) return false;
    axis_.apply(power_.data(), column_.data());
    return true;
  }

  std::size_t rows_;
  Stft stft_;
  AxisMap axis_;
  std::optional<TpswNormalizer> normalizer_;
  bool drained_ = false, normalizer_drained_ = false;
  std::vector<float> power_, column_;
};

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
    return latency_of(recipe_, columns_.lookahead()) - std::int64_t(pad_);
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

}  // namespace

struct Spectrograph::Impl {
  Recipe recipe;
  std::size_t rows;
  std::vector<float> offsets;  // dB
  Columns columns;
  Tile<std::uint16_t> pixels;
  std::optional<Tile<float>> background;
  std::optional<FineSpectrum> fine;
  std::size_t fresh = 0;        // columns waiting for the next picture
  std::int64_t new_column = 0;  // stream column of the first of them
  std::uint64_t samples = 0;
  std::vector<float> value;

  Impl(const Recipe &r, std::vector<float> offsets_db)
      : recipe(validated(r)),
        rows(std::size_t(r.height())),
        offsets(turned_over(std::move(offsets_db), r)),
        columns(r),
        pixels(r, encode_db(no_signal_db(r), r.floor_db, r.range_db)),
        value(rows) {
    if (r.evidence_fft_size > 0) fine.emplace(r);
    if (r.normalizer != Normalizer::kNone) background.emplace(r, kSilenceDb);
  }

  static float no_signal_db(const Recipe &r) {
    return r.normalizer == Normalizer::kNone ? float(r.floor_db) : 0.0f;
  }

  /* Fills the columns the next picture needs as far as samples go. */
  bool gather() {
    const std::size_t advance = std::size_t(recipe.advance);
    for (; fresh < advance; ++fresh) {
      float *floor = background ? background->fresh(fresh) : nullptr;
      if (!columns.pop(value.data(), floor)) break;
      for (std::size_t i = 0; i < offsets.size(); ++i) value[i] += offsets[i];
      encode_db(value.data(), rows, recipe.floor_db, recipe.range_db,
                pixels.fresh(fresh));
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
  impl_->columns.push(samples, count);
  if (impl_->fine) impl_->fine->push(samples, count);
  impl_->samples += count;
}

void Spectrograph::drain() {
  Impl &m = *impl_;
  if (m.columns.drained()) return;
  const std::uint64_t window = std::uint64_t(m.recipe.fft_size);
  if (m.samples > 0 && m.samples < window) {
    const std::vector<float> zeros(window - m.samples);
    m.columns.push(zeros.data(), zeros.size());
    if (m.fine) m.fine->push(zeros.data(), zeros.size());
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
  m.copy_background(picture.background_db);
  picture.first_column = m.new_column - old;
  picture.new_columns = int(m.fresh);
  picture.valid.begin =
      std::size_t(std::max<std::int64_t>(0, -picture.first_column));
  picture.valid.end = std::size_t(old) + m.fresh;
  m.new_column += m.recipe.advance;
  m.fresh = 0;
  return true;
}

void Spectrograph::reset() {
  Impl &m = *impl_;
  m.columns.reset();
  m.pixels.reset();
  if (m.background) m.background->reset();
  if (m.fine) m.fine->reset();
  m.fresh = 0;
  m.new_column = 0;
  m.samples = 0;
}

std::int64_t Spectrograph::latency_samples() const noexcept {
  const std::int64_t coarse =
      latency_of(impl_->recipe, impl_->columns.lookahead());
  return impl_->fine ? std::max(coarse, impl_->fine->latency_samples())
                     : coarse;
}

Image decode(const Picture &picture, const Recipe &recipe) {
  const auto width = std::size_t(recipe.width);
  return decode_gray(
      reinterpret_cast<const std::uint8_t *>(picture.pixels.data()),
      width * sizeof(std::uint16_t), std::size_t(recipe.height()), width,
      {16, recipe.floor_db, recipe.range_db});
}

}  // namespace sonar::dsp
