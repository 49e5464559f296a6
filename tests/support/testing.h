/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Standard headers first: gstcheck.h defines the macro `fail`, which breaks
 * every <iostream>-family header included after it. The blank lines keep
 * clang-format from sorting the two blocks together. */
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#ifdef SONAR_PLAIN_CHECK
#include "support/plain_check.h"
#else
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#endif

#undef fail

/* Absolute tolerance, stated by every caller; prints index, got and want. */
#define ASSERT_NEAR_AT(index, got, want, tol)                            \
  ck_assert_msg(std::fabs((got) - (want)) <= (tol),                      \
                "[%zu] got %.9g, want %.9g +- %.1e", std::size_t(index), \
                double(got), double(want), double(tol))
