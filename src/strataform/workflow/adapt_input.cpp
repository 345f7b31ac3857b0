#include "strataform/workflow/adapt_input.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "strataform/adapt/recording.h"
#include "strataform/core/error.h"
#include "strataform/core/fingerprint.h"
#include "strataform/data/axes.h"
#include "strataform/data/input_check.h"
#include "strataform/data/input_reader.h"
#include "strataform/data/resample.h"
#include "strataform/survey/modelling_json.h"
#include "strataform/wave/stability.h"

namespace strataform::workflow {
namespace {

void require_recorded(const data::GatherSource& source) {
  const std::int64_t decimation = source.gather_shape().decimation;
  if (decimation == 1) return;
  throw MismatchError(fmt::format("{}: expected gathers as they were recorded, found means over {} time samples",
                                  source.name(), decimation));
}

void require_truth(const AdaptInput& input) {
  const data::VelocityFile& truth = *input.truth;
  if (truth.count() == input.source->size() && truth.nz() == input.nz() && truth.nx() == input.nx()) return;
  throw MismatchError(fmt::format("{}: expected {} maps of {} x {} cells, found {} of {} x {}", truth.path().string(),
                                  input.source->size(), input.nz(), input.nx(), truth.count(), truth.nz(), truth.nx()));
}

/// Reads every gather and every true map. Returns the fingerprint of the gathers.
std::string read_all(const AdaptInput& input, std::int64_t validation_shots, const Context& context) {
  Fingerprint fingerprint;
  std::int64_t dead = 0;
  std::int64_t traces = 0;
  for (std::int64_t index = 0; index < input.source->size(); ++index) {
    context.throw_if_stopped("stopped while the gathers were read: nothing was written");
    const adapt::Recording recording =
        adapt::read_recording(*input.source, index, input.modelling.survey, validation_shots);
    fingerprint.add(recording.fitted.gathers);
    fingerprint.add(recording.left_out.gathers);
    dead += recording.fitted.dead;
    traces += recording.fitted.traces;
    if (input.truth) (void)input.truth_of(index);
  }
  if (dead > 0) {
    context.warn(
        fmt::format("{} of {} recorded traces hold one value each, as dead ones do: they are left out", dead, traces));
  }
  return fingerprint.text();
}

}  // namespace

std::vector<float> AdaptInput::truth_of(std::int64_t index) const {
  if (!truth) return {};
  std::vector<float> map(static_cast<std::size_t>(nz() * nx()));
  truth->read(index, map);
  return map;
}

AdaptInput read_adapt_input(const AdaptFilesOptions& options, const Context& context) {
  AdaptInput input;
  input.model = model::load_model(options.model, options.adapt.train.device);
  input.source = data::open_gathers(options.data);
  require_recorded(*input.source);
  input.modelling = options.modelling(input.nz(), input.nx());
  if (options.sample_interval) {
    input.source = data::resampled(input.source, {*options.sample_interval, input.modelling.survey.sample_interval});
  }
  input.modelling.survey.samples = input.source->gather_shape().samples;
  data::require_survey(input.source->gather_shape(), input.modelling.survey, input.source->name());
  (void)data::InputReader(*input.source, input.model.input, input.nx(), data::Flip::kNever, input.modelling);
  if (!options.truth.empty()) {
    input.truth.emplace(options.truth);
    require_truth(input);
  }
  adapt::check(options.adapt, input.modelling);
  input.identity = {{"base", input.model.fingerprint},
                    {"data", read_all(input, options.adapt.validation_shots, context)},
                    {"modelling", survey::to_json(input.modelling)}};
  const std::string warning = wave::dispersion_warning(input.modelling, options.adapt.physics.slowest);
  if (!warning.empty()) context.warn(warning);
  return input;
}

}  // namespace strataform::workflow
