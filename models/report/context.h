/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "models/evaluate/evaluate.h"
#include "models/report/cases.h"
#include "models/report/folder.h"
#include "models/report/page.h"
#include "models/report/report.h"

namespace sonar::models::report {

/** What the sections are made from. */
struct Context {
  const Sources &sources;
  ReportFolder &folder;
  nlohmann::json training;  ///< of the model file; an object, maybe empty
  std::optional<Evaluation> evaluation;           ///< with a truth set only
  std::size_t own_method = 0, own_threshold = 0;  ///< indices in it
  std::vector<Case> cases;

  const Model &model() const { return sources.model; }
  const Settings &settings() const { return sources.model.settings(); }
  const Recipe &recipe() const { return settings().recipe; }

  /** The rows of class number @p c of a tensor [classes, height]; empty where
   *  the file has none of that shape. */
  std::vector<double> rows_of(const std::string &tensor, std::size_t c) const;
  /** The same of [classes, height, width]. */
  Image image_of(const std::string &tensor, std::size_t c) const;
  /** The recording of the data that a representative's name means, or null. */
  const Recording *find_recording(const std::string &stem,
                                  const std::string &label) const;
};

/** The numbers of an array of @p object; empty where there is none. */
std::vector<double> numbers(const nlohmann::json &object,
                            const std::string &name);
/** The member @p name of @p object, or an empty object. */
nlohmann::json member(const nlohmann::json &object, const std::string &name);

/* The sections, each of which writes itself, or what it lacks, to the page. */
void add_summary(Page &page, const Context &context);
void add_model(Page &page, const Context &context);
void add_learning(Page &page, const Context &context);
void add_answers(Page &page, const Context &context);
void add_profiles(Page &page, const Context &context);
void add_lines(Page &page, const Context &context);
void add_representatives(Page &page, const Context &context);
void add_clusters(Page &page, const Context &context);
void add_masks(Page &page, const Context &context);
void add_table(Page &page, const Context &context);
void add_thresholds(Page &page, const Context &context);
void add_explanation(Page &page, const Context &context);
void add_variants(Page &page, const Context &context);
void add_generator(Page &page, const Context &context);
void add_limits(Page &page, const Context &context);

}  // namespace sonar::models::report
