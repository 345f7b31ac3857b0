#include "strataform/study/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "strataform/core/atomic_file.h"
#include "strataform/core/error.h"
#include "strataform/io/json.h"
#include "strataform/io/json_field.h"
#include "strataform/study/claims.h"
#include "strataform/study/page.h"
#include "strataform/study/page_data.h"
#include "strataform/study/pictures.h"
#include "strataform/study/plan.h"

namespace strataform::study {
namespace {
namespace fs = std::filesystem;

constexpr const char* kReportFormat = "strataform-study";
constexpr const char* kResultsFile = "results.json";
constexpr const char* kPageFile = "index.html";

bool is_results(const nlohmann::json& record) {
  return record.is_object() && record.contains("format") && record["format"] == kReportFormat;
}

nlohmann::json make_record(const StudyConfig& config, const std::vector<StudyCell>& cells,
                           const std::vector<Claim>& claims) {
  nlohmann::json record = {{"format", kReportFormat},
                           {"title", config.title},
                           {"planned_cells", plan_cells(config).size()},
                           {"seeds", config.seeds},
                           {"claims", nlohmann::json::array()},
                           {"cells", nlohmann::json::array()}};
  for (const Claim& claim : claims) record["claims"].push_back(to_json(claim));
  for (const StudyCell& cell : cells) record["cells"].push_back(to_json(cell));
  return record;
}

/// Names of the domains whose trained cells are all as the folder's page has them. It may lack some.
std::set<std::string> unchanged_domains(const fs::path& folder, const std::vector<StudyCell>& cells) {
  std::set<std::string> unchanged;
  std::set<std::string> changed;
  if (!fs::exists(folder / kResultsFile)) return unchanged;
  for (const StudyCell& earlier : read_results(folder / kResultsFile)) {
    if (earlier.key.size == 0) continue;
    const auto now = std::ranges::find(cells, earlier.key, &StudyCell::key);
    const bool is_same = now != cells.end() && to_json(*now) == to_json(earlier);
    (is_same ? unchanged : changed).insert(earlier.key.domain);
  }
  for (const std::string& domain : changed) unchanged.erase(domain);
  return unchanged;
}

}  // namespace

void check_report_folder(const fs::path& folder) {
  if (!fs::exists(folder)) return;
  check_output_folder(folder, Overwrite::kAllow);
  if (fs::is_empty(folder)) return;
  const fs::path results = folder / kResultsFile;
  if (!fs::exists(results) || !is_results(io::read_json(results))) {
    throw IoError(
        fmt::format("{}: expected an empty folder or an earlier study's page, found something else", folder.string()));
  }
}

std::vector<StudyCell> read_results(const fs::path& file) {
  const nlohmann::json record = io::read_json(file);
  if (!is_results(record)) {
    throw InputError(fmt::format("{}: expected the results.json of a study's page", file.string()));
  }
  std::vector<StudyCell> cells;
  for (const nlohmann::json& cell : io::json_field<nlohmann::json::array_t>(record, "cells", file.string())) {
    cells.push_back(cell_from_json(cell, file.string()));
  }
  return cells;
}

fs::path write_report(const fs::path& folder, const StudyConfig& config, const std::vector<StudyCell>& cells,
                      const ExampleFiles& examples) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw IoError(fmt::format("{}: cannot be created: {}", folder.string(), error.message()));
  const Results results(config, cells);
  const std::vector<Claim> claims = check_claims(results);
  const std::set<std::string> unchanged = unchanged_domains(folder, cells);
  // First, because it is what makes the folder a study's.
  io::write_json(folder / kResultsFile, make_record(config, cells, claims), Overwrite::kAllow);
  const std::vector<Picture> pictures = draw_pictures(folder, results, claims, examples, unchanged);
  const fs::path page = folder / kPageFile;
  write_text_file(page, make_page(page_data(results, claims, pictures, facts_of(config, cells))), Overwrite::kAllow);
  return page;
}

}  // namespace strataform::study
