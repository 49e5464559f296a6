/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel's AMX: there is no way to it but by intrinsics. As in kernels.cpp, no
 * header of the standard library. */
#include <immintrin.h>

#include "sonar/nn/kernels/half.h"

namespace sonar::nn::kernels {
namespace {

constexpr std::size_t kTile = 16;  // rows of a tile, and floats in one

/** Eight tiles of 16 rows x 64 bytes. */
struct alignas(64) TileConfig {
  unsigned char palette = 1, start_row = 0, reserved[14] = {};
  unsigned short row_bytes[16] = {};
  unsigned char rows[16] = {};
  TileConfig() {
    for (int i = 0; i < 8; ++i) row_bytes[i] = 64, rows[i] = kTile;
  }
};

/** Up to 32 pixels x 32 channels of sums. */
struct alignas(64) Sums {
  float at[2 * kTile][2 * kTile];
};

/* The tiles' numbers must be constants: 0..3 sums, 4 and 5 pixels, 6 and 7
 * weights. */
template <bool TwoPixels, bool TwoChannels>
inline void multiply(const HalfPlane &p, const Half *in, const Half *weights,
                     std::size_t block, Sums &sums) {
  _tile_zero(0);
  if (TwoChannels) _tile_zero(1);
  if (TwoPixels) _tile_zero(2);
  if (TwoPixels && TwoChannels) _tile_zero(3);
  for (std::size_t r = 0; r < p.window_rows; ++r)
    for (std::size_t k = 0; k < p.run; k += kHalfRun) {
      const Half *const a = in + r * p.row_stride + k;
      const Half *const w = weights + (r * p.run + k) * kHalfChannels;
      _tile_loadd(4, a, p.step * sizeof(Half));
      _tile_loadd(6, w, 64);
      _tile_dpbf16ps(0, 4, 6);
      if (TwoChannels) {
        _tile_loadd(7, w + block, 64);
        _tile_dpbf16ps(1, 4, 7);
      }
      if (TwoPixels) {
        _tile_loadd(5, a + kTile * p.step, p.step * sizeof(Half));
        _tile_dpbf16ps(2, 5, 6);
        if (TwoChannels) _tile_dpbf16ps(3, 5, 7);
      }
    }
  constexpr int stride = sizeof(sums.at[0]);
  _tile_stored(0, sums.at[0], stride);
  if (TwoChannels) _tile_stored(1, sums.at[0] + kTile, stride);
  if (TwoPixels) _tile_stored(2, sums.at[kTile], stride);
  if (TwoPixels && TwoChannels) _tile_stored(3, sums.at[kTile] + kTile, stride);
}

/** 16 channels of a pixel, bias and ReLU; NaN stays. */
inline __m512 finished(const float *sum, __m512 bias) {
  const __m512 x = _mm512_add_ps(_mm512_load_ps(sum), bias);
  return _mm512_mask_mov_ps(
      x, _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ),
      _mm512_setzero_ps());
}

inline void put(const HalfPlane &p, std::size_t at, __m512 x) {
  if (p.out_float)
    _mm512_storeu_ps(p.out_float + at, x);
  else
    _mm256_storeu_si256((__m256i *)(p.out + at),
                        (__m256i)_mm512_cvtneps_pbh(x));
}

inline void finish(const HalfPlane &p, const Sums &sums, std::size_t count,
                   std::size_t channel, std::size_t channels, std::size_t at) {
  for (std::size_t c = 0; c < channels; c += kTile) {
    const __m512 bias = _mm512_loadu_ps(p.bias + channel + c);
    if (p.pool) {
      for (std::size_t x = 0; x + 1 < count; x += 2) {
        const __m512 a = finished(sums.at[x] + c, bias),
                     b = finished(sums.at[x + 1] + c, bias);
        // a NaN stays
        const __mmask16 larger = _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ) |
                                 _mm512_cmp_ps_mask(b, b, _CMP_UNORD_Q);
        put(p, at + x / 2 * p.out_step + channel + c,
            _mm512_mask_mov_ps(a, larger, b));
      }
    } else {
      for (std::size_t x = 0; x < count; ++x)
        put(p, at + x * p.out_step + channel + c,
            finished(sums.at[x] + c, bias));
    }
  }
}

void plane(const HalfPlane &p) {
  const TileConfig config;
  _tile_loadconfig(&config);
  Sums sums;
  const std::size_t block = p.window_rows * p.run * kHalfChannels;
  const std::size_t shrink = p.pool ? 2 : 1;
  for (std::size_t c = 0; c < p.channels; c += 2 * kTile) {
    const bool two_channels = c + kTile < p.channels;
    const Half *const weights = p.weights + c / kTile * block;
    for (std::size_t y = 0; y < p.rows; ++y)
      for (std::size_t x = 0; x < p.pixels; x += 2 * kTile) {
        const Half *const in = p.in + y * p.row_stride + x * p.step;
        const std::size_t left = p.pixels - x;
        const bool two_pixels = left > kTile;
        if (two_pixels)
          two_channels ? multiply<true, true>(p, in, weights, block, sums)
                       : multiply<true, false>(p, in, weights, block, sums);
        else
          two_channels ? multiply<false, true>(p, in, weights, block, sums)
                       : multiply<false, false>(p, in, weights, block, sums);
        finish(p, sums, left < 2 * kTile ? left : 2 * kTile, c,
               two_channels ? 2 * kTile : kTile,
               y * p.out_row_stride + x / shrink * p.out_step);
      }
  }
  _tile_release();
}

void round(const float *in, std::size_t count, Half *out,
           std::size_t out_step) {
  alignas(32) Half halves[kTile];
  for (std::size_t i = 0; i < count; i += kTile) {
    const std::size_t n = count - i < kTile ? count - i : kTile;
    const __mmask16 mask = (__mmask16)((1u << n) - 1);
    const __m512 x = _mm512_maskz_loadu_ps(mask, in + i);
    _mm256_store_si256((__m256i *)halves, (__m256i)_mm512_cvtneps_pbh(x));
    for (std::size_t k = 0; k < n; ++k) out[(i + k) * out_step] = halves[k];
  }
}

}  // namespace

extern const HalfKernels half_amx;
const HalfKernels half_amx = {"amx bfloat16", plane, round};

}  // namespace sonar::nn::kernels
