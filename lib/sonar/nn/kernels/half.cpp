/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sonar/nn/kernels/half.h"

#ifdef SONAR_AMX
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace sonar::nn::kernels {

#ifdef SONAR_AMX
extern const HalfKernels half_amx;

namespace {

/** CPUID leaf 7: AMX-TILE and AMX-BF16, and of its subleaf 1 AVX512-BF16. */
bool processor_has_amx() {
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  const bool tiles = (d >> 24 & 1) && (d >> 22 & 1);
  return tiles && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 5 & 1) &&
         __builtin_cpu_supports("avx512vl");
}

/* Linux keeps the tiles' 8 KiB out of a thread's state until a process asks. */
bool system_grants_tiles() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

const HalfKernels *half() {
  static const HalfKernels *const chosen =
      processor_has_amx() && system_grants_tiles() ? &half_amx : nullptr;
  return chosen;
}
#else
const HalfKernels *half() { return nullptr; }
#endif

}  // namespace sonar::nn::kernels
