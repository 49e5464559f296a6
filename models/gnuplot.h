/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string>

namespace sonar::models {

/** Throws Error(kNotFound), with the Debian package that has it, unless gnuplot
 *  is in the PATH. For asking before hours of work whose figures it draws. */
void require_gnuplot();

/** Draws a PNG: runs gnuplot on @p script, before which terminal (of
 *  @p width x @p height pixels) and output are set. Written under a temporary
 *  name and renamed when whole. Throws as require_gnuplot(), and
 *  Error(kResource) when gnuplot fails or the file cannot be written. */
void draw_png(const std::string &path, int width, int height,
              const std::string &script);

/** @p text in gnuplot's quotes. */
std::string gnuplot_quoted(const std::string &text);

}  // namespace sonar::models
