/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/kernels/kernels.h"

/* SONAR_ISA, SONAR_VECTOR (floats in a vector register) and SONAR_REGISTERS
 * (how many of them) come from lib/meson.build. */
namespace sonar::nn::kernels {
namespace {

template <int N>
struct Vector {
  typedef float type __attribute__((vector_size(N * sizeof(float)), may_alias,
                                    aligned(sizeof(float))));
};

#define SONAR_INLINE inline __attribute__((always_inline))

/* Of two vectors, lane by lane; NaN where either is. By macro: a template's
 * argument would lose the type's alignment. */
#define SONAR_LARGER(a, b) ((a) < (b)) | ((b) != (b)) ? (b) : (a)

/**
 * P pixels x B vectors of N channels, all sums in registers: B loads of weights
 * and P broadcasts serve P x B multiply-adds.
 */
template <int N, int P, int B>
SONAR_INLINE void tile(const Rows &r, const float *in, const float *weights,
                       const float *bias, float *out, std::size_t count) {
  using V = typename Vector<N>::type;
  V sum[P][B];
  for (int p = 0; p < P; ++p)
    for (int b = 0; b < B; ++b)
      sum[p][b] = bias ? *(const V *)(bias + b * N) : V{};
  for (std::size_t row = 0; row < r.window_rows; ++row) {
    const float *a = in + row * r.row_stride;
    for (std::size_t k = 0; k < r.window_run; ++k, ++a, weights += B * N) {
      V w[B];
      for (int b = 0; b < B; ++b) w[b] = *(const V *)(weights + b * N);
#pragma GCC unroll 16
      for (int p = 0; p < P; ++p) {
        const float x = a[std::size_t(p) * r.step];
#pragma GCC unroll 2
        for (int b = 0; b < B; ++b) sum[p][b] += x * w[b];
      }
    }
  }
  if (r.relu)
    for (int p = 0; p < P; ++p)
      for (int b = 0; b < B; ++b) sum[p][b] = sum[p][b] < 0 ? V{} : sum[p][b];
  if (r.pool) {
    for (int p = 0; p + 1 < P && std::size_t(p) < count; p += 2)
      for (int b = 0; b < B; ++b)
        *(V *)(out + std::size_t(p / 2) * r.out_step + b * N) =
            SONAR_LARGER(sum[p][b], sum[p + 1][b]);
    return;
  }
  for (int p = 0; p < P && std::size_t(p) < count; ++p)
    for (int b = 0; b < B; ++b)
      *(V *)(out + std::size_t(p) * r.out_step + b * N) = sum[p][b];
}

template <int N, int P, int B>
void block_rows(const Rows &r, const float *weights, std::size_t channel) {
  const std::size_t shrink = r.pool ? 2 : 1;
  for (std::size_t x = 0; x < r.pixels; x += P)
    tile<N, P, B>(r, r.in + x * r.step, weights,
                  r.bias ? r.bias + channel : nullptr,
                  r.out + x / shrink * r.out_step + channel, r.pixels - x);
}

#if SONAR_VECTOR == 16  // 32 registers
std::size_t block(std::size_t left) {
  return left >= 32 ? 32 : left >= 16 ? 16 : 8;
}
void block_of(std::size_t size, const Rows &r, const float *w, std::size_t c) {
  if (size == 32)
    block_rows<16, 8, 2>(r, w, c);
  else if (size == 16)
    block_rows<16, 16, 1>(r, w, c);
  else
    block_rows<8, 16, 1>(r, w, c);
}
#elif SONAR_VECTOR == 8  // 16 registers
std::size_t block(std::size_t left) { return left >= 16 ? 16 : 8; }
void block_of(std::size_t size, const Rows &r, const float *w, std::size_t c) {
  if (size == 16)
    block_rows<8, 4, 2>(r, w, c);
  else
    block_rows<8, 8, 1>(r, w, c);
}
#else
std::size_t block(std::size_t) { return 8; }
void block_of(std::size_t, const Rows &r, const float *w, std::size_t c) {
  block_rows<4, 4, 2>(r, w, c);
}
#endif

void rows(const Rows &r) {
  const float *weights = r.weights;
  for (std::size_t channel = 0; channel < r.channels;) {
    const std::size_t size = block(r.channels - channel);
    block_of(size, r, weights, channel);
    weights += size * r.window_rows * r.window_run;
    channel += size;
  }
}

void winograd_input(const WinogradInput &w) {
  const float *const d0 = w.in, *const d1 = d0 + w.row_stride,
                     *const d2 = d1 + w.row_stride,
                     *const d3 = d2 + w.row_stride,
                     *const d4 = d3 + w.row_stride,
                     *const d5 = d4 + w.row_stride;
  float *const out = w.out;
#pragma GCC ivdep
  for (std::size_t i = 0; i < w.count; ++i) {
    const float a = d4[i] - 4 * d2[i], b = d3[i] - 4 * d1[i];
    const float c = d4[i] - d2[i], d = 2 * (d3[i] - d1[i]);
    out[i] = 4 * d0[i] - 5 * d2[i] + d4[i];
    out[w.out_stride + i] = a + b;
    out[2 * w.out_stride + i] = a - b;
    out[3 * w.out_stride + i] = c + d;
    out[4 * w.out_stride + i] = c - d;
    out[5 * w.out_stride + i] = 4 * d1[i] - 5 * d3[i] + d5[i];
  }
}

/** One vector of each of the four rows. N by number: a template's argument
 *  would lose the type's alignment. */
template <int N>
SONAR_INLINE void winograd_sums(const float *m, std::size_t step,
                                const float *bias_at,
                                typename Vector<N>::type *rows) {
  using V = typename Vector<N>::type;
  const V bias = *(const V *)bias_at;
  const V m0 = *(const V *)m, m1 = *(const V *)(m + step),
          m2 = *(const V *)(m + 2 * step), m3 = *(const V *)(m + 3 * step),
          m4 = *(const V *)(m + 4 * step), m5 = *(const V *)(m + 5 * step);
  const V a = m1 + m2, b = m1 - m2, c = m3 + m4, d = m3 - m4;
  rows[0] = bias + m0 + a + c;
  rows[1] = bias + b + 2 * d;
  rows[2] = bias + a + 4 * c;
  rows[3] = bias + b + 8 * d + m5;
  for (int i = 0; i < 4; ++i) rows[i] = rows[i] < 0 ? V{} : rows[i];
}

void winograd_output(const WinogradOutput &w) {
  constexpr int N = SONAR_VECTOR < 8 ? SONAR_VECTOR : 8;  // divides kChannels
  using V = Vector<N>::type;
  const std::size_t step = w.pixels * w.channels;
  const std::size_t pixels = w.pool ? w.pixels / 2 : w.pixels;
  V sums[4], next[4];
  for (std::size_t x = 0; x < pixels; ++x)
    for (std::size_t c = 0; c < w.channels; c += N) {
      const float *const m = w.in + (w.pool ? 2 * x : x) * w.channels + c;
      winograd_sums<N>(m, step, w.bias + c, sums);
      if (w.pool) {
        winograd_sums<N>(m + w.channels, step, w.bias + c, next);
        for (int i = 0; i < 4; ++i) sums[i] = SONAR_LARGER(sums[i], next[i]);
      }
      for (std::size_t i = 0; i < w.rows; ++i)
        *(V *)(w.out + i * w.row_stride + x * w.channels + c) = sums[i];
    }
}

constexpr int kLanes = SONAR_VECTOR;
using Lanes = Vector<kLanes>::type;

SONAR_INLINE Lanes load(const float *in) { return *(const Lanes *)in; }

/* Cephes' expf: 2^n times a polynomial of degree 5 on what is left. */
SONAR_INLINE Lanes exponential_of(Lanes x) {
  typedef int Ints __attribute__((vector_size(kLanes * sizeof(int))));
  constexpr float kLog2E = 1.44269504f, kMost = 88.0f, kLeast = -87.0f;
  constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  const Lanes given = x;
  x = x > kMost ? Lanes{} + kMost : x;
  x = x < kLeast ? Lanes{} + kLeast : x;
  // to the nearest whole number: adding 1.5 x 2^23 leaves no fraction bits
  constexpr float kRound = 12582912.0f;
  const Lanes n = (x * kLog2E + kRound) - kRound;
  x = x - n * kLn2High - n * kLn2Low;
  Lanes y = x * 1.9875691500e-4f + 1.3981999507e-3f;
  y = y * x + 8.3334519073e-3f;
  y = y * x + 4.1665795894e-2f;
  y = y * x + 1.6666665459e-1f;
  y = y * x + 5.0000001201e-1f;
  y = y * x * x + x + 1.0f;
  const Ints exponent = (__builtin_convertvector(n, Ints) + 127) << 23;
  return given == given ? y * (Lanes)exponent : given;
}

void exponential(const float *in, std::size_t count, float scale, float *out) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    *(Lanes *)(out + i) = exponential_of(scale * load(in + i));
  if (i == count) return;
  float rest[kLanes] = {};
  for (std::size_t k = i; k < count; ++k) rest[k - i] = in[k];
  const Lanes last = exponential_of(scale * load(rest));
  for (std::size_t k = i; k < count; ++k) out[k] = last[k - i];
}

SONAR_INLINE float sum_of(Lanes lanes) {
  float sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += lanes[i];
  return sum;
}

Moments moments(const float *in, std::size_t count) {
  Lanes low = Lanes{} + in[0], high = low, sum = {}, squares = {}, wrong = {};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const Lanes x = load(in + i);
    low = x < low ? x : low;
    high = x > high ? x : high;
    sum += x;
    wrong += x - x;  // 0, or NaN for ever
  }
  Moments out{low[0], high[0], sum_of(sum), 0, true};
  float odd = sum_of(wrong);
  for (int k = 1; k < kLanes; ++k) {
    out.low = low[k] < out.low ? low[k] : out.low;
    out.high = high[k] > out.high ? high[k] : out.high;
  }
  for (std::size_t k = i; k < count; ++k) {
    out.low = in[k] < out.low ? in[k] : out.low;
    out.high = in[k] > out.high ? in[k] : out.high;
    out.mean += in[k];
    odd += in[k] - in[k];
  }
  out.finite = odd == 0;
  out.mean /= float(count);
  for (std::size_t k = 0; k + kLanes <= count; k += kLanes) {
    const Lanes off = load(in + k) - out.mean;
    squares += off * off;
  }
  out.variance = sum_of(squares);
  for (std::size_t k = i; k < count; ++k)
    out.variance += (in[k] - out.mean) * (in[k] - out.mean);
  out.variance /= float(count);
  return out;
}

}  // namespace

#define SONAR_PASTE(a, b) a##b
#define SONAR_NAME(isa) SONAR_PASTE(kernels_, isa)
#define SONAR_TEXT(isa) #isa
#define SONAR_STRING(isa) SONAR_TEXT(isa)
extern const Kernels SONAR_NAME(SONAR_ISA);
const Kernels SONAR_NAME(SONAR_ISA) = {
    SONAR_STRING(SONAR_ISA), rows,        block,  winograd_input,
    winograd_output,         exponential, moments};

}  // namespace sonar::nn::kernels
