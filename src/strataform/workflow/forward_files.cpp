#include "strataform/workflow/forward_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>

#include "strataform/core/error.h"
#include "strataform/data/array_files.h"
#include "strataform/io/npy.h"
#include "strataform/wave/propagator.h"
#include "strataform/wave/stability.h"

namespace strataform::workflow {
namespace {

/// Models per call of the propagator: enough shots to keep all threads busy, little enough to stop soon.
constexpr std::int64_t kModelsPerChunk = 4;

class ForwardRun {
 public:
  ForwardRun(const ForwardFilesOptions& options, const Context& context)
      : options_(options), context_(context), models_(options.velocity, data::velocity_range(options.mismatch)) {
    if (!options.change.empty()) changes_.emplace(options.change);
    check_shapes();
  }

  ForwardFilesResult run() {
    const wave::Propagator propagator(options_.modelling, {.context = context_});
    ForwardFilesResult result{output_shape()};
    io::NpyWriter writer(options_.output, io::DType::kFloat32, result.shape, options_.overwrite);
    Progress progress(context_, changes_ ? "born" : "forward", models_.count(), "maps");
    for (std::int64_t first = 0; first < models_.count(); first += kModelsPerChunk) {
      const std::int64_t count = std::min(kModelsPerChunk, models_.count() - first);
      writer.append(gathers_of(propagator, first, count));
      progress.update(first + count);
    }
    writer.commit();
    progress.finish();
    return result;
  }

 private:
  void check_shapes() const {
    const survey::Grid& grid = options_.modelling.grid;
    if (grid.nz != models_.nz() || grid.nx != models_.nx()) {
      throw MismatchError(fmt::format("{}: expected maps of {} x {} cells, found {} x {}", options_.velocity.string(),
                                      grid.nz, grid.nx, models_.nz(), models_.nx()));
    }
    if (changes_ && changes_->shape() != models_.shape()) {
      throw MismatchError(fmt::format("{}: expected the shape of {}, {}, found {}", options_.change.string(),
                                      options_.velocity.string(), io::format_shape(models_.shape()),
                                      io::format_shape(changes_->shape())));
    }
  }

  [[nodiscard]] std::vector<std::int64_t> output_shape() const {
    const survey::Survey& survey = options_.modelling.survey;
    const std::optional<std::int64_t> receivers = survey::common_receivers(survey);
    if (!receivers) throw UsageError("survey: expected as many receivers in all shots, found other numbers");
    std::vector<std::int64_t> shape{std::ssize(survey.shots), survey.samples, *receivers};
    if (!models_.single()) shape.insert(shape.begin(), models_.count());
    return shape;
  }

  std::vector<float> gathers_of(const wave::Propagator& propagator, std::int64_t first, std::int64_t count) {
    std::vector<float> velocity(static_cast<std::size_t>(count * models_.nz() * models_.nx()));
    std::vector<float> gathers(static_cast<std::size_t>(count * propagator.gather_size()));
    models_.read(first, count, velocity);
    warn_of_dispersion(std::ranges::min(velocity));
    if (!changes_) {
      propagator.forward(velocity, count, gathers);
      return gathers;
    }
    std::vector<float> change(velocity.size());
    changes_->read(models_.single() ? 0 : first, models_.single() ? models_.nz() : count, change);
    io::require_finite(change, options_.change, "change of velocity");
    propagator.born(velocity, change, count, gathers);
    return gathers;
  }

  void warn_of_dispersion(float slowest) {
    if (warned_) return;
    const std::string warning = wave::dispersion_warning(options_.modelling, slowest);
    warned_ = !warning.empty();
    if (warned_) context_.warn(warning);
  }

  const ForwardFilesOptions& options_;
  const Context& context_;
  data::VelocityFile models_;
  std::optional<io::NpyReader> changes_;
  bool warned_ = false;
};

}  // namespace

ForwardFilesResult forward_files(const ForwardFilesOptions& options, const Context& context) {
  check_output_path(options.output, options.overwrite);
  try {
    return ForwardRun(options, context).run();
  } catch (const InterruptedError&) {
    throw InterruptedError(fmt::format("interrupted: {} was not written", options.output.string()));
  }
}

}  // namespace strataform::workflow
