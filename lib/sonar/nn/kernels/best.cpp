/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/kernels/kernels.h"

namespace sonar::nn::kernels {

extern const Kernels kernels_baseline;
#ifdef __x86_64__
extern const Kernels kernels_avx2, kernels_avx512;
#endif

const Kernels &best() {
#ifdef __x86_64__
  static const Kernels &chosen =
      __builtin_cpu_supports("x86-64-v4")   ? kernels_avx512
      : __builtin_cpu_supports("x86-64-v3") ? kernels_avx2
                                            : kernels_baseline;
  return chosen;
#else
  return kernels_baseline;
#endif
}

}  // namespace sonar::nn::kernels
