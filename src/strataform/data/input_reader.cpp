#include "strataform/data/input_reader.h"

#include <fmt/format.h>

#include <vector>

#include "strataform/core/error.h"
#include "strataform/data/shot_images.h"

namespace strataform::data {

InputReader::InputReader(const GatherSource& source, const InputSpec& spec, std::int64_t nx, Flip flip,
                         const std::optional<survey::Modelling>& assumed, double velocity_ratio)
    : source_(source), spec_(spec), flip_(flip), velocity_ratio_(velocity_ratio), shape_(source.gather_shape()),
      direct_(stored_order(spec)) {
  if (!spec.any_survey) {
    check_compatible(spec, shape_, source.name());
    mirrored_ = mirrored_order(source, nx, spec, flip, assumed);
    uniform_ = source.modelling();
    return;
  }
  uniform_ = known_modelling(source, nx, assumed);
  if (uniform_) {
    uniform_->grid = survey::with_extent(uniform_->grid, nx, nx);
    check_survey(*uniform_, source.name());
  } else if (source.size() > 0 && !source.modelling_of(0)) {
    throw MismatchError(
        fmt::format("{}: expected a dataset.json that says where was shot and recorded, or the {} "
                    "receivers of OpenFWI's survey, found {}",
                    source.name(), +survey::ShotImage::kColumns, describe(shape_)));
  }
}

std::optional<survey::Modelling> InputReader::modelling_of(std::int64_t index) const {
  return uniform_ ? uniform_ : source_.modelling_of(index);
}

void InputReader::prepare(const std::optional<survey::Modelling>& modelling, std::span<const float> gathers,
                          bool mirrored, std::span<float> out) const {
  if (spec_.any_survey) {
    const ShotImageOptions options{spec_.ignore_last_sample, mirrored, velocity_ratio_};
    prepare_shot_images(modelling.value(), shape_, gathers, options, out);
  } else {
    prepare_gathers(spec_, shape_, gathers, mirrored ? mirrored_.value() : direct_, out);
  }
}

void InputReader::read(std::int64_t index, bool mirrored, std::span<float> out) const {
  std::vector<float> gathers(static_cast<std::size_t>(shape_.size()));
  source_.read_gathers(index, gathers);
  prepare(modelling_of(index), gathers, mirrored, out);
}

}  // namespace strataform::data
