#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "strataform/core/context.h"

namespace strataform::study {

struct StudyOptions {
  std::filesystem::path config;
  std::filesystem::path output;  ///< the page; what an earlier study left there is replaced
  std::filesystem::path work;    ///< data and finished cells; made where it is missing
  std::filesystem::path from;    ///< a page's results.json, whose finished cells are taken over; empty: none
  double hours = 0.0;            ///< no training begins after so many; 0: no limit
  bool report_only = false;      ///< the page from the cells that there are
};

struct StudySummary {
  std::int64_t finished = 0;  ///< cells
  std::int64_t planned = 0;
  bool interrupted = false;  ///< the context asked to stop; the page is written all the same
  std::filesystem::path page;
};

/// Computes the cells of a study that are not finished yet, each of them being kept in the work folder, and writes the
/// page. Domains whose velocity model is absent are left out with a warning.
///
/// Throws IoError, InputError (the configuration, `from`), UsageError (hours) and MismatchError where the
/// configuration, the base model or the data are not those of the cells that there are.
StudySummary run_study(const StudyOptions& options, const Context& context = {});

}  // namespace strataform::study
