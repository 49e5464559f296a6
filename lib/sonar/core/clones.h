/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/**
 * Before a function whose loops vectorise: compiles it once for each level of
 * x86-64 and runs the best one the processor has, as everything else is built
 * for the first. The library is built without contraction of floating point
 * operations, so that all of them give the same bits. Nothing elsewhere.
 */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) && \
    __GNUC__ >= 12
#define SONAR_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SONAR_CLONES
#endif
