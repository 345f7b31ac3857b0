#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "strataform/refine/refine.h"
#include "survey_options.h"

namespace strataform::app {

/// What the user asks of `refine`. Names stand for the kinds that the options hold once the command line is read.
struct RefineArguments {
  std::filesystem::path data;
  std::filesystem::path initial;
  std::filesystem::path output;
  std::filesystem::path truth;
  std::filesystem::path run_folder;
  std::filesystem::path figures;
  std::int64_t figure_every = 10;  ///< gradients from one picture to the next; 0: the last ones alone
  std::string misfit = "l2";
  std::string optimizer = "lbfgs";
  std::string decay = "cosine";
  std::string estimate = "none";
  std::string storage = "checkpoints";
  SurveyOptions survey;
  refine::RefineOptions options;
  bool resume = false;
  bool force = false;
};

/// Refines every model of the initial file and writes the output. All input is checked before anything is written.
void run_refine(const RefineArguments& arguments, const Context& context);

}  // namespace strataform::app
