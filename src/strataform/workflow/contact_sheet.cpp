#include "strataform/figures/contact_sheet.h"

#include <cstdint>
#include <utility>

#include "strataform/survey/openfwi.h"
#include "strataform/workflow/pictures.h"

namespace strataform::workflow {
namespace {

constexpr std::uint64_t kMapsPerRow = 8;

}  // namespace

void check_contact_sheet(const std::filesystem::path& path, Overwrite overwrite) {
  figures::check_picture_path(path, overwrite);
}

void draw_contact_sheet(const std::filesystem::path& path, std::span<const geology::Family* const> families,
                        std::uint64_t seed, Overwrite overwrite) {
  std::vector<figures::SheetRow> rows;
  for (const geology::Family* family : families) {
    figures::SheetRow row{.label = family->title()};
    for (std::uint64_t index = 0; index < kMapsPerRow; ++index) {
      row.maps.push_back(geology::generate_map(*family, seed, index));
    }
    rows.push_back(std::move(row));
  }
  const survey::Grid grid = survey::openfwi().grid;
  const figures::MapShape shape{static_cast<int>(grid.nz), static_cast<int>(grid.nx), grid.spacing};
  figures::write_contact_sheet(path, rows, {.title = "Generated velocity maps", .shape = shape}, overwrite);
}

}  // namespace strataform::workflow
