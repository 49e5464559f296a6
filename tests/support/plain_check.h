/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the tests of lib/ and models/ use of gstcheck.h, by the package check
 * alone, for builds without GStreamer. */
#include <check.h>

#define GST_START_TEST(name) START_TEST(name)
#define GST_END_TEST END_TEST
#define __i__ _i  // of a loop test

inline void gst_check_init(int *, char ***) {}
inline int gst_check_run_suite(Suite *suite, const char *, const char *) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed;
}
#define GST_CHECK_MAIN(name) \
  int main() { return gst_check_run_suite(name##_suite(), #name, __FILE__); }

#undef fail_unless
#define fail_unless(expr, ...) ck_assert_msg((expr), "failed. " __VA_ARGS__)
#define fail_unless_equals_int(a, b) ck_assert_int_eq((a), (b))
#define fail_unless_equals_int64(a, b) ck_assert_int_eq((a), (b))
#define fail_unless_equals_int_hex(a, b) ck_assert_int_eq((a), (b))
#define fail_unless_equals_float(a, b) ck_assert_double_eq((a), (b))
#define fail_unless_equals_string(a, b) ck_assert_str_eq((a), (b))

#define G_N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))
