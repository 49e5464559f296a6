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
    for (int b = 0; b < B; ++b) sum[p][b] = *(const V *)(bias + b * N);
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
            sum[p][b] < sum[p + 1][b] ? sum[p + 1][b] : sum[p][b];
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
    tile<N, P, B>(r, r.in + x * r.step, weights, r.bias + channel,
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

}  // namespace

#define SONAR_PASTE(a, b) a##b
#define SONAR_NAME(isa) SONAR_PASTE(kernels_, isa)
#define SONAR_TEXT(isa) #isa
#define SONAR_STRING(isa) SONAR_TEXT(isa)
extern const Kernels SONAR_NAME(SONAR_ISA);
const Kernels SONAR_NAME(SONAR_ISA) = {SONAR_STRING(SONAR_ISA), rows, block};

}  // namespace sonar::nn::kernels
