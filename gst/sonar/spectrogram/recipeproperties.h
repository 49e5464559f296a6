/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <gst/gst.h>

#include <map>

#include "sonar/core/recipe.h"

/* The analysis settings of sonarspectrogram as GObject properties. */
namespace sonar {

/** What the user set; what is unset comes from the model, else from the mode's
 *  default. */
class RecipeOverrides {
 public:
  /** Both return false for an id that is not theirs. @p model may be null. */
  bool set(guint id, const GValue *value);
  bool get(const Recipe *model, guint id, GValue *value) const;
  /** Whether the user set the property @p name, one of these. */
  bool is_set(const char *name) const;

  /** The recipe for audio at @p rate_hz. Throws Error(kBadArgument) when the
   *  settings do not fit together. @p model may be null. */
  Recipe resolve(const Recipe *model, int rate_hz) const;

 private:
  std::map<guint, double> values_;  // by property; an enum's number
};

/** Their ids begin here. */
constexpr guint kFirstRecipeProp = 100;

void install_recipe_properties(GObjectClass *klass);

}  // namespace sonar
