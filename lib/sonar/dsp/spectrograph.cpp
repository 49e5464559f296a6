/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/dsp/spectrograph.h"

#include <algorithm>
#include <optional>

#include "sonar/core/error.h"
#include "sonar/dsp/frequency_axis.h"
#include "sonar/dsp/level.h"
#include "sonar/dsp/mirrored.h"
#include "sonar/dsp/stft.h"
#include "sonar/dsp/tpsw.h"

namespace sonar::dsp {
namespace {

const Recipe &validated(const Recipe &recipe) {
  recipe.validate();
  return recipe;
}

/* The last picture's values and, behind them, the columns that will come into
 * the next one. */
template <typename T>
class Tile {
 public:
  Tile(const Recipe &r, T no_signal)
      : rows_(std::size_t(r.height())),
        width_(std::size_t(r.width)),
        advance_(std::size_t(r.advance)),
        no_signal_(no_signal),
        picture_(rows_ * width_, no_signal),
        fresh_(rows_ * advance_) {}

  /** The next column to be filled, lowest frequency first. */
  T *fresh(std::size_t column) { return fresh_.data() + column * rows_; }

  /** Moves the picture on by `advance` columns, @p count of them with signal,
   *  and turns it over: row 0 becomes the highest frequency. */
  const std::vector<T> &slide(std::size_t count) {
    std::fill(fresh_.begin() + std::ptrdiff_t(count * rows_), fresh_.end(),
              no_signal_);
    for (std::size_t y = 0; y < rows_; ++y) {
      T *row = picture_.data() + y * width_;
      std::copy(row + advance_, row + width_, row);
    }
    /* some columns at a time, so that their parts stay in the cache */
    constexpr std::size_t kBlock = 8;
    for (std::size_t begin = 0; begin < advance_; begin += kBlock)
      turn_over(begin, std::min(begin + kBlock, advance_));
    return picture_;
  }

  void reset() { std::fill(picture_.begin(), picture_.end(), no_signal_); }

 private:
  /* Fresh columns @p begin to @p end into their rows of the picture. */
  void turn_over(std::size_t begin, std::size_t end) {
    for (std::size_t y = 0; y < rows_; ++y) {
      T *row = picture_.data() + y * width_ + width_ - advance_;
      const T *from = fresh_.data() + rows_ - 1 - y;
      for (std::size_t x = begin; x < end; ++x) row[x] = from[x * rows_];
    }
  }

  std::size_t rows_, width_, advance_;
  T no_signal_;
  std::vector<T> picture_;  // row-major, highest frequency first
  std::vector<T> fresh_;    // column-major, lowest frequency first
};

/* The fine spectrum: a spectrograph of its own, whose windows are centred where
 * the picture's are. */
class FineSpectrum {
  auto to_inner() {
    return [this](const float *samples, std::size_t count) {
      inner_.push(samples, count);
    };
  }

 public:
  explicit FineSpectrum(const Recipe &r)
      : pad_(std::size_t(r.evidence_fft_size - r.fft_size) / 2),
        mirrored_(pad_),
        inner_(r.evidence_recipe()) {}

  void push(const float *samples, std::size_t count) {
    mirrored_.push(samples, count, to_inner());
  }
  void drain() {
    mirrored_.drain(to_inner());
    inner_.drain();
  }
  /** Follows the picture's pop() one to one. */
  bool pop(Image &fine_db) {
    if (!inner_.pop(picture_)) return false;
    fine_db = decode(picture_, inner_.recipe());
    return true;
  }
  void reset() {
    mirrored_.reset();
    inner_.reset();
  }
  std::int64_t latency_samples() const {
    return inner_.latency_samples() - std::int64_t(pad_);
  }

 private:
  std::size_t pad_;
  Mirrored mirrored_;
  Spectrograph inner_;
  Picture picture_;
};

}  // namespace

struct Spectrograph::Impl {
  Recipe recipe;
  std::size_t rows;
  Stft stft;
  AxisMap axis;
  std::optional<TpswNormalizer> normalizer;
  Tile<std::uint16_t> pixels;
  std::optional<Tile<float>> background;
  std::optional<FineSpectrum> fine;
  std::size_t fresh = 0;        // columns waiting for the next picture
  std::int64_t new_column = 0;  // stream column of the first of them
  std::uint64_t samples = 0;
  bool drained = false, normalizer_drained = false;
  std::vector<float> power, column, value;

  explicit Impl(const Recipe &r)
      : recipe(validated(r)),
        rows(std::size_t(r.height())),
        stft({std::size_t(r.fft_size), std::size_t(r.hop_size), r.window}),
        axis(r),
        pixels(r, encode_db(no_signal_db(r), r.floor_db, r.range_db)),
        power(stft.bins()),
        column(rows),
        value(rows) {
    if (r.evidence_fft_size > 0) fine.emplace(r);
    if (r.normalizer == Normalizer::kNone) return;
    normalizer.emplace(r);
    background.emplace(r, kSilenceDb);
  }

  static float no_signal_db(const Recipe &r) {
    return r.normalizer == Normalizer::kNone ? float(r.floor_db) : 0.0f;
  }

  bool next_powers() {
    if (!stft.pop(power.data())) return false;
    axis.apply(power.data(), column.data());
    return true;
  }

  /* The dB values of the next column. */
  bool next_values() {
    if (!normalizer) {
      if (!next_powers()) return false;
      power_to_db(column.data(), rows, value.data());
      return true;
    }
    float *floor = background->fresh(fresh);
    while (!normalizer->pop(value.data(), floor)) {
      if (next_powers()) {
        normalizer->push(column.data());
      } else if (drained && !normalizer_drained) {
        normalizer->drain();
        normalizer_drained = true;
      } else {
        return false;
      }
    }
    return true;
  }

  /* Fills the columns the next picture needs as far as samples go. */
  bool gather() {
    const std::size_t advance = std::size_t(recipe.advance);
    for (; fresh < advance && next_values(); ++fresh)
      encode_db(value.data(), rows, recipe.floor_db, recipe.range_db,
                pixels.fresh(fresh));
    return fresh == advance || (drained && fresh > 0);
  }

  void copy_background(Image &image) {
    const bool fits =
        image.height() == rows && image.width() == std::size_t(recipe.width);
    if (!background) {
      image = Image();
      return;
    }
    if (!fits) image = Image(rows, std::size_t(recipe.width));
    const std::vector<float> &values = background->slide(fresh);
    std::copy(values.begin(), values.end(), image.data());
  }
};

Spectrograph::Spectrograph(const Recipe &recipe) : impl_(new Impl(recipe)) {}
Spectrograph::~Spectrograph() = default;
Spectrograph::Spectrograph(Spectrograph &&) noexcept = default;
Spectrograph &Spectrograph::operator=(Spectrograph &&) noexcept = default;

const Recipe &Spectrograph::recipe() const noexcept { return impl_->recipe; }

void Spectrograph::push(const float *samples, std::size_t count) {
  if (impl_->drained)
    throw Error(Errc::kBadArgument,
                "Spectrograph got samples after its end; reset() starts a new "
                "stream.");
  impl_->stft.push(samples, count);
  if (impl_->fine) impl_->fine->push(samples, count);
  impl_->samples += count;
}

void Spectrograph::drain() {
  Impl &m = *impl_;
  if (m.drained) return;
  const std::uint64_t window = std::uint64_t(m.recipe.fft_size);
  if (m.samples > 0 && m.samples < window) {
    const std::vector<float> zeros(window - m.samples);
    m.stft.push(zeros.data(), zeros.size());
    if (m.fine) m.fine->push(zeros.data(), zeros.size());
  }
  if (m.fine) m.fine->drain();
  m.drained = true;
}

bool Spectrograph::pop(Picture &picture) {
  Impl &m = *impl_;
  if (!m.gather()) return false;
  if (!m.fine)
    picture.fine_db = Image();
  else if (!m.fine->pop(picture.fine_db))
    return false;
  const std::int64_t old = m.recipe.width - m.recipe.advance;
  picture.pixels = m.pixels.slide(m.fresh);
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
  m.stft.reset();
  if (m.normalizer) m.normalizer->reset();
  m.pixels.reset();
  if (m.background) m.background->reset();
  if (m.fine) m.fine->reset();
  m.fresh = 0;
  m.new_column = 0;
  m.samples = 0;
  m.drained = m.normalizer_drained = false;
}

std::int64_t Spectrograph::latency_samples() const noexcept {
  const Recipe &r = impl_->recipe;
  const int lookahead = impl_->normalizer ? impl_->normalizer->lookahead() : 0;
  const std::int64_t coarse =
      std::int64_t(r.advance - 1 + lookahead) * r.hop_size + r.fft_size;
  return impl_->fine ? std::max(coarse, impl_->fine->latency_samples())
                     : coarse;
}

Image decode(const Picture &picture, const Recipe &recipe) {
  Image image(std::size_t(recipe.height()), std::size_t(recipe.width));
  for (std::size_t i = 0; i < image.size(); ++i)
    image.data()[i] =
        decode_db(picture.pixels[i], recipe.floor_db, recipe.range_db);
  return image;
}

}  // namespace sonar::dsp
