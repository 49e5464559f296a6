/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "soundrun.h"

#include <algorithm>
#include <cmath>

#include "sonar/core/error.h"
#include "sonar/core/recipe.h"

namespace sonar::sound {
namespace {

/* Times of two frames of one run agree to their rounding. */
constexpr gint64 kSameTimeNs = GST_USECOND;

gint64 time_after(gint64 base, gint64 sample, guint rate) {
  const auto ns =
      gint64(gst_util_uint64_scale(guint64(ABS(sample)), GST_SECOND, rate));
  return base + (sample < 0 ? -ns : ns);
}

gint64 base_of(GstBuffer *frame, const GstSonarSpectrogramMeta &meta) {
  if (!GST_BUFFER_PTS_IS_VALID(frame)) return G_MININT64;
  return gint64(GST_BUFFER_PTS(frame)) -
         time_after(0, meta.first_sample, meta.rate);
}

}  // namespace

dsp::SoundGrid grid_of(const GstSonarSpectrogramMeta &meta) {
  if (Recipe::from_json(meta.recipe).mode == Mode::kDemon)
    throw Error(Errc::kBadArgument,
                "With mode=demon the rows of a frame are modulation "
                "frequencies, which are no part of the sound; signatureaudio "
                "needs frames of mode=spectrogram or mode=lofar.");
  const auto *edges =
      static_cast<const double *>(g_bytes_get_data(meta.row_edges, nullptr));
  return {int(meta.rate),
          meta.fft_size,
          meta.hop_size,
          meta.span_size,
          {edges, edges + meta.height + 1}};
}

gint64 columns_to_wait(const GstSonarSpectrogramMeta &meta, guint64 wait) {
  const gint64 shared = gint64(meta.width) - gint64(meta.new_columns);
  if (!GST_CLOCK_TIME_IS_VALID(wait)) return shared;
  const double columns =
      std::ceil(double(wait) / 1e9 * meta.rate / meta.hop_size);
  return gint64(std::min(columns, double(shared)));
}

Run::Run(GstBuffer *frame, const GstSonarSpectrogramMeta &meta,
         const dsp::SoundGrid &grid, bool complement)
    : grid_(grid),
      complement_(complement),
      sound_(grid, meta.first_sample, complement),
      base_(base_of(frame, meta)),
      next_in_(meta.first_sample),
      next_out_(meta.first_sample) {}

bool Run::holds(GstBuffer *frame, const GstSonarSpectrogramMeta &meta,
                const dsp::SoundGrid &grid) const {
  const gint64 base = base_of(frame, meta);
  const bool timed = base != G_MININT64 && base_ != G_MININT64;
  return meta.first_sample >= next_in_ && grid == grid_ &&
         (timed ? ABS(base - base_) <= kSameTimeNs : base == base_);
}

void Run::set(const dsp::SoundGain &gain) { sound_.set(gain); }

void Run::resume(gint64 first_sample) {
  sound_ = dsp::MaskedSound(grid_, first_sample, complement_);
  next_in_ = next_out_ = first_sample;
}

void Run::put(const GstSonarSpectrogramMeta &meta, const Image &gain,
              gint64 wait) {
  if (!meta.samples)
    throw Error(Errc::kBadArgument,
                "The frame's spectrogram meta carries no samples; put the "
                "sonarspectrogram of this version upstream.");
  push(meta.samples);
  sound_.put(meta.first_column, {meta.valid_begin, meta.valid_end}, gain,
             meta.new_columns, wait);
}

void Run::push(GBytes *samples) {
  gsize size = 0;
  const auto *data =
      static_cast<const float *>(g_bytes_get_data(samples, &size));
  sound_.push(data, size / sizeof(float));
  next_in_ += gint64(size / sizeof(float));
}

std::vector<float> Run::pop() {
  std::vector<float> samples;
  sound_.pop(samples);
  next_out_ += gint64(samples.size());
  return samples;
}

GstClockTime Run::time_of(gint64 sample) const {
  if (base_ == G_MININT64) return GST_CLOCK_TIME_NONE;
  return GstClockTime(MAX(0, time_after(base_, sample, guint(grid_.rate_hz))));
}

}  // namespace sonar::sound
