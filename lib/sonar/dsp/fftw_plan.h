/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <fftw3.h>

#include <mutex>

/* What every user of FFTW in this folder shares; nobody else includes it. */
namespace sonar::dsp {

/** fftwf_plan_* and fftwf_destroy_plan share state. */
inline std::mutex fftw_planner_lock;

struct FftwFree {
  void operator()(void *p) const { fftwf_free(p); }
};
struct PlanFree {
  void operator()(fftwf_plan_s *p) const {
    std::lock_guard<std::mutex> hold(fftw_planner_lock);
    fftwf_destroy_plan(p);
  }
};

}  // namespace sonar::dsp
