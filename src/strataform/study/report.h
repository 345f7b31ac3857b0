#pragma once

#include <filesystem>
#include <vector>

#include "strataform/study/cell.h"
#include "strataform/study/cell_runner.h"
#include "strataform/study/config.h"

namespace strataform::study {

/// Throws IoError where a folder holds something else than an earlier study's page, which may be replaced.
void check_report_folder(const std::filesystem::path& folder);

/// The cells in a page's results.json. Throws IoError, and InputError where the file is something else.
[[nodiscard]] std::vector<StudyCell> read_results(const std::filesystem::path& file);

/// Writes index.html, results.json and figures/ from the finished cells of a study, and returns the page's path. The
/// same cells and examples give the same bytes. Throws IoError.
std::filesystem::path write_report(const std::filesystem::path& folder, const StudyConfig& config,
                                   const std::vector<StudyCell>& cells, const ExampleFiles& examples);

}  // namespace strataform::study
