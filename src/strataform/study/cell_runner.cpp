#include "strataform/study/cell_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/core/fingerprint.h"
#include "strataform/invert/predict.h"
#include "strataform/io/npy.h"

namespace strataform::study {
namespace {

void write_maps(const std::filesystem::path& path, const std::vector<float>& maps, const data::Dataset& dataset) {
  std::filesystem::create_directories(path.parent_path());
  const std::int64_t cells = dataset.nz() * dataset.nx();
  io::write_npy(path, maps, {static_cast<std::int64_t>(maps.size()) / cells, dataset.nz(), dataset.nx()},
                io::DType::kFloat32, Overwrite::kAllow);
}

}  // namespace

bool keeps_examples(const StudyConfig& config, const CellKey& key) {
  return key.size == 0 || key.seed == config.seeds.front();
}

BaseFingerprints fingerprints_of(const model::Model& base) {
  Fingerprint input;
  const std::string text = data::to_json(base.input).dump();
  input.add(std::as_bytes(std::span(text)));
  return {base.fingerprint, input.text()};
}

CellRunner::CellRunner(const StudyConfig& config, BaseFingerprints base, StudyData& data, CellStore& store,
                       ExampleFiles examples, std::function<bool()> stop, const Context& context)
    : config_(config), base_(std::move(base)), data_(data), store_(store), examples_(std::move(examples)),
      stop_(std::move(stop)), context_(context.silent()) {}

model::Model CellRunner::load_base(const std::string& device) const {
  model::Model base = model::load_model(config_.base, device);
  if (fingerprints_of(base) == base_) return base;
  throw MismatchError(
      fmt::format("{}: expected the base network that the study began with, found another", config_.base.string()));
}

CellData CellRunner::prepare(StudyCell& cell, const DomainConfig& domain, const MethodConfig& method) {
  CellData prepared;
  nlohmann::json fingerprints;
  const auto take = [&](const char* name, const Samples& samples) {
    store_.expect(cell.key, name, samples.fingerprint);
    fingerprints[name] = samples.fingerprint;
    return samples.dataset;
  };
  prepared.test = take("test", data_.test(domain));
  prepared.mixed = take("mixed", data_.mixed());
  if (method.kind != MethodKind::kZeroShot) {
    prepared.validation = take("validation", data_.validation(domain));
    prepared.training = take("training", data_.training(domain, cell.key.seed, cell.key.size));
  }
  cell.identity = {{"base", base_.weights},
                   {"input", base_.input},
                   {"options", cell_options(config_, domain, method)},
                   {"data", fingerprints}};
  return prepared;
}

void CellRunner::run(StudyCell& cell, const DomainConfig& domain, const MethodConfig& method,
                     const std::vector<double>& rates) {
  const auto is_outdated = [&](const Trial& trial) {
    return std::ranges::find(rates, trial.learning_rate) == rates.end();
  };
  if (std::ranges::any_of(cell.trials, is_outdated)) cell = {cell.key, {}, {}, {}, false};
  const CellData data = prepare(cell, domain, method);
  if (method.kind == MethodKind::kZeroShot) {
    run_zero_shot(cell, domain, data);
  } else {
    for (const double learning_rate : rates) {
      const bool done = std::ranges::find(cell.trials, learning_rate, &Trial::learning_rate) != cell.trials.end();
      if (done) continue;
      if (stop_()) throw InterruptedError("stopped between two trainings");
      run_trial(cell, domain, method, data, learning_rate);
      store_.save(cell);
    }
  }
  cell.finished = true;
  store_.save(cell);
}

void CellRunner::run_zero_shot(StudyCell& cell, const DomainConfig& domain, const CellData& data) {
  const model::Model base = load_base(config_.training.options.device);
  Outcome outcome;
  score(base, data, domain, base_errors(*data.mixed), outcome, context_);
  keep_examples(cell, domain, base, *data.test);
  cell.outcome = outcome;
}

void CellRunner::run_trial(StudyCell& cell, const DomainConfig& domain, const MethodConfig& method,
                           const CellData& data, double learning_rate) {
  const MixedErrors& base = base_errors(*data.mixed);
  try {
    TrainedModel trained = train_model(load_base("cpu"), config_, method, data, cell.key.seed, learning_rate, context_);
    Outcome& outcome = trained.outcome;
    if (!cell.outcome || *outcome.validation_mae < *cell.outcome->validation_mae) {
      score(trained.model, data, domain, base, outcome, context_);
      keep_examples(cell, domain, trained.model, *data.test);
      cell.outcome = outcome;
    }
    // Only now: a cell that has all its trials counts as finished, and the scoring may have been interrupted.
    cell.trials.push_back({learning_rate, outcome.validation_mae, outcome.seconds});
  } catch (const NumericalError&) {
    cell.trials.push_back({learning_rate, std::nullopt, 0.0});
  }
}

void CellRunner::keep_examples(const StudyCell& cell, const DomainConfig& domain, const model::Model& model,
                               const data::Dataset& test) const {
  if (!keeps_examples(config_, cell.key)) return;
  std::vector<float> truth(static_cast<std::size_t>(config_.examples * test.nz() * test.nx()));
  const auto cells = static_cast<std::size_t>(test.nz() * test.nx());
  for (std::int64_t index = 0; index < config_.examples; ++index) {
    test.read_velocity(index, std::span(truth).subspan(static_cast<std::size_t>(index) * cells, cells));
  }
  write_maps(examples_.truth(domain.name), truth, test);
  write_maps(examples_.prediction(cell.key), invert::predict(model, test, 0, config_.examples, {}, context_), test);
}

const MixedErrors& CellRunner::base_errors(const data::Dataset& mixed) {
  if (!base_errors_) {
    base_errors_ = mixed_errors(load_base(config_.training.options.device), mixed, context_);
  }
  return *base_errors_;
}

}  // namespace strataform::study
