// What stands in for pictures.cpp where there is no cairo.
#include <fmt/format.h>

#include "strataform/core/error.h"
#include "strataform/workflow/pictures.h"
#include "strataform/workflow/plot_file.h"

namespace strataform::workflow {
namespace {

[[noreturn]] void refuse(const char* option) {
  throw UsageError(
      fmt::format("`{}`: expected none, because this build makes no plots (STRATAFORM_WITH_FIGURES=OFF)", option));
}

}  // namespace

void draw_contact_sheet(const std::filesystem::path& /*path*/, std::span<const geology::Family* const> /*families*/,
                        std::uint64_t /*seed*/, Overwrite /*overwrite*/) {
  refuse("contact_sheet");
}
void check_contact_sheet(const std::filesystem::path& /*path*/, Overwrite /*overwrite*/) { refuse("contact_sheet"); }
void check(const PictureFolder& folder) {
  if (!folder.path.empty()) refuse("figures");
}

std::string plot_file(const PlotOptions& /*options*/, const Context& /*context*/) { refuse("output"); }

struct InversionPictures::State {};
struct RefinePictures::State {};

InversionPictures::InversionPictures(const PictureFolder& /*folder*/, Overwrite /*overwrite*/,
                                     const model::Model& /*model*/, const data::GatherSource& /*source*/) {
  refuse("figures");
}
InversionPictures::~InversionPictures() = default;
void InversionPictures::check(const std::string& /*name*/) const {}
void InversionPictures::write(const std::string& /*name*/, std::span<const InversionResult> /*rows*/,
                              const std::string& /*title*/, const std::string& /*subtitle*/) {}
void InversionPictures::keep() {}

RefinePictures::RefinePictures(const PictureFolder& /*folder*/, Overwrite /*overwrite*/, const RefineModel& /*model*/) {
  refuse("figures");
}
RefinePictures::~RefinePictures() = default;
void RefinePictures::draw_step(std::int64_t /*gradients*/, const std::string& /*title*/,
                               std::span<const float> /*velocity*/) {}
void RefinePictures::draw_final(const std::string& /*title*/, std::span<const float> /*velocity*/) {}
void RefinePictures::draw_curves(const std::vector<RefinePoint>& /*points*/,
                                 const std::vector<std::string>& /*stages*/) {}
void RefinePictures::keep() {}

}  // namespace strataform::workflow
