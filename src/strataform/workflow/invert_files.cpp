#include "strataform/workflow/invert_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <span>

#include "strataform/core/error.h"
#include "strataform/data/array_files.h"
#include "strataform/data/input_check.h"
#include "strataform/data/resample.h"
#include "strataform/invert/model_pool.h"
#include "strataform/io/npy.h"
#include "strataform/workflow/pictures.h"

namespace strataform::workflow {
namespace {

/// [N, 1, nz, nx] for gathers [N, shots, samples, receivers], [1, nz, nx] for those of one model without N.
std::vector<std::int64_t> output_shape(const data::GatherSource& source, const invert::LoadedModel& model) {
  std::vector<std::int64_t> shape{1, model.nz(), model.nx()};
  if (!source.is_single()) shape.insert(shape.begin(), source.size());
  return shape;
}

/// The name of an adapter in the pool; 0: the model alone.
std::string pool_name(std::size_t number) { return number == 0 ? "" : std::to_string(number); }

/// For each model the number of the adapter that the user wants, or of the only one.
std::vector<std::size_t> chosen_adapters(const InvertFilesOptions& options, std::int64_t models) {
  const std::size_t adapters = options.adapters.size();
  if (options.use.empty() && adapters <= 1) return std::vector<std::size_t>(static_cast<std::size_t>(models), adapters);
  if (std::ssize(options.use) != models) {
    throw UsageError(fmt::format("`use`: expected the number of an adapter for each of {} examples, found {}", models,
                                 options.use.size()));
  }
  for (const std::size_t number : options.use) {
    if (number > adapters) throw UsageError(fmt::format("`use`: expected 0 to {}, found {}", adapters, number));
  }
  return options.use;
}

/// A picture for each sample, drawn as the maps are made.
class PictureWriter {
 public:
  PictureWriter(const InvertFilesOptions& options, const std::vector<std::size_t>& use, const model::Model& model,
                const data::GatherSource& source)
      : options_(options), use_(use), pictures_(options.figures, options.overwrite, model, source) {
    for (std::int64_t index = 0; index < source.size(); ++index) pictures_.check(file_name(index));
    if (options.truth.empty()) return;
    truth_.emplace(options.truth);
    const nn::BackboneShape& map = model.shape();
    if (truth_->count() != source.size() || truth_->nz() != map.nz || truth_->nx() != map.nx) {
      throw MismatchError(fmt::format("{}: expected {} maps of {} x {} cells, found {} of {} x {}",
                                      options.truth.string(), source.size(), map.nz, map.nx, truth_->count(),
                                      truth_->nz(), truth_->nx()));
    }
  }

  void write(std::int64_t index, std::span<const float> prediction) {
    std::vector<float> truth;
    if (truth_) {
      truth.resize(prediction.size());
      truth_->read(index, truth);
    }
    std::string subtitle = fmt::format("network {}", options_.model.stem().string());
    if (const std::string adapter = adapter_of(index); !adapter.empty()) subtitle += ", adapter " + adapter;
    const InversionResult result{index, prediction, truth};
    pictures_.write(file_name(index), {&result, 1}, fmt::format("Inversion of example {}", index), subtitle);
  }

  void keep() { pictures_.keep(); }

 private:
  /// The name of the adapter that a model is computed with; empty: none.
  [[nodiscard]] std::string adapter_of(std::int64_t index) const {
    const std::size_t number = use_[static_cast<std::size_t>(index)];
    return number == 0 ? "" : without_slash(options_.adapters[number - 1]).filename().string();
  }

  static std::string file_name(std::int64_t index) { return fmt::format("model_{:04}", index); }

  const InvertFilesOptions& options_;
  const std::vector<std::size_t>& use_;
  InversionPictures pictures_;
  std::optional<data::VelocityFile> truth_;
};

void check(const InvertFilesOptions& options) {
  if (options.batch_size < 1) {
    throw UsageError(fmt::format("`batch_size`: expected at least 1, found {}", options.batch_size));
  }
  if (!options.truth.empty() && options.figures.path.empty()) {
    throw UsageError("`truth`: is shown in the figures only, expected `figures` too");
  }
  check_output_path(options.output, options.overwrite);
}

void check_gathers(const data::GatherSource& source, const InvertFilesOptions& options, const model::Model& model,
                   const Context& context) {
  report(data::dead_findings(data::dead_examples(source, context)), source.name(), options.mismatch, context);
  report(data::input_findings(source, model.input, invert::velocity_ratio(options.predict, model)), source.name(),
         options.mismatch, context);
  // What an adapter was trained on is not known, and a network of any survey was made for what differs.
  if (!options.adapters.empty() || model.input.any_survey) return;
  for (const std::string& text : data::modelling_differences(source.modelling(), model.modelling)) context.warn(text);
}

/// Inverts batch by batch and hands the first index and the maps of each to `take`.
template <class Take>
void invert_batches(const InvertFilesOptions& options, const std::vector<std::size_t>& use,
                    const data::GatherSource& source, invert::ModelPool& pool, const Context& context, Take take) {
  Progress progress(context, "invert", source.size(), "examples");
  for (std::int64_t first = 0; first < source.size(); first += options.batch_size) {
    if (context.stop_requested()) {
      throw InterruptedError(fmt::format("interrupted: {} was not written", options.output.string()));
    }
    const std::int64_t count = std::min(options.batch_size, source.size() - first);
    std::vector<std::string> names;
    for (std::int64_t index = first; index < first + count; ++index) {
      names.push_back(pool_name(use[static_cast<std::size_t>(index)]));
    }
    take(first, pool.predict(source, first, names, options.predict, context));
    progress.update(first + count);
  }
}

}  // namespace

InvertFilesResult invert_files(const InvertFilesOptions& options, const Context& context) {
  check(options);
  std::shared_ptr<const data::GatherSource> source = data::open_gathers(options.data);
  const std::vector<std::size_t> use = chosen_adapters(options, source->size());
  invert::ModelPool pool(std::make_shared<invert::LoadedModel>(options.model, options.device),
                         {.replicas = 1, .batch_size = options.batch_size});
  for (std::size_t k = 0; k < options.adapters.size(); ++k) pool.add_adapter(pool_name(k + 1), options.adapters[k]);
  const model::Model& model = pool.model().model();
  data::check_compatible(model.input, source->gather_shape(), source->name());
  if (options.sample_interval) source = data::resampled(source, {*options.sample_interval, model.input.time_step});
  invert::check(options.predict, model, *source);
  check_gathers(*source, options, model, context);

  InvertFilesResult result{.shape = output_shape(*source, pool.model()), .seconds = 0.0};
  io::NpyWriter writer(options.output, io::DType::kFloat32, result.shape, options.overwrite);
  std::optional<PictureWriter> pictures;
  if (!options.figures.path.empty()) pictures.emplace(options, use, model, *source);

  const auto start = std::chrono::steady_clock::now();
  const auto cells = static_cast<std::size_t>(pool.model().nz() * pool.model().nx());
  invert_batches(options, use, *source, pool, context, [&](std::int64_t first, const std::vector<float>& maps) {
    writer.append(maps);
    for (std::size_t begin = 0; pictures && begin < maps.size(); begin += cells) {
      pictures->write(first + static_cast<std::int64_t>(begin / cells), std::span(maps).subspan(begin, cells));
    }
  });
  writer.commit();
  if (pictures) pictures->keep();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace strataform::workflow
