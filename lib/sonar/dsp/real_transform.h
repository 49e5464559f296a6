/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <cstddef>
#include <memory>

#include "sonar/dsp/fftw_plan.h"

/* For the .cpp files of this folder only. */
namespace sonar::dsp {

/** A plan with the arrays that it works on. */
struct RealTransform {
  std::unique_ptr<float[], FftwFree> time;
  std::unique_ptr<fftwf_complex[], FftwFree> frequency;
  std::unique_ptr<fftwf_plan_s, PlanFree> plan;

  RealTransform(std::size_t size, bool inverse)
      : time(fftwf_alloc_real(size)),
        frequency(fftwf_alloc_complex(size / 2 + 1)) {
    std::lock_guard<std::mutex> hold(fftw_planner_lock);
    plan.reset(inverse ? fftwf_plan_dft_c2r_1d(int(size), frequency.get(),
                                               time.get(), FFTW_ESTIMATE)
                       : fftwf_plan_dft_r2c_1d(int(size), time.get(),
                                               frequency.get(), FFTW_ESTIMATE));
  }
};

}  // namespace sonar::dsp
