#include "strataform/workflow/demo.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/data/generate.h"
#include "strataform/data/sample_maker.h"
#include "strataform/figures/chart.h"
#include "strataform/figures/panel.h"
#include "strataform/invert/predict.h"
#include "strataform/io/json.h"
#include "strataform/io/npy.h"
#include "strataform/peft/adapter_folder.h"
#include "strataform/train/finetune.h"
#include "strataform/workflow/inversion_panels.h"
#include "strataform/workflow/map_difference.h"

namespace strataform::workflow {
namespace {
namespace fs = std::filesystem;

/// Seeds that no training of the shipped model used (see models/README.md).
constexpr std::uint64_t kFamilySeed = 9001;
constexpr std::uint64_t kTrainingSeed = 9002;
constexpr std::uint64_t kTestSeed = 9003;
constexpr std::int64_t kSamplesPerFamily = 5;
constexpr std::int64_t kTestSamples = 50;
constexpr std::size_t kDrawnSamples = 4;

/// Small steps at a high rate: what an adapter of rank 1 learns fastest from.
train::TrainOptions training_options(double max_minutes) {
  train::TrainOptions options = train::finetune_defaults();
  options.max_minutes = max_minutes;
  options.batch_size = 8;
  options.learning_rate = 1e-2;
  options.channels_last = true;
#if defined(__x86_64__)
  // Elsewhere bfloat16 is emulated and slower than float32.
  if (__builtin_cpu_supports("avx512bf16")) options.precision = train::Precision::kBFloat16;
#endif
  return options;
}

/// Windows of a velocity model, clipped to the range of the families as everywhere in this field.
std::vector<std::vector<float>> cut_windows(const fs::path& path, const geology::MapSize& size) {
  const io::NpyReader reader(path);
  const auto& shape = reader.shape();
  if (shape.size() != 2 || shape[0] < size.nz || shape[1] < size.nx) {
    throw InputError(fmt::format("{}: expected a velocity map of at least {} x {} cells, found {}", path.string(),
                                 size.nz, size.nx, io::format_shape(shape)));
  }
  const std::vector<float> all = reader.read_all();
  io::require_finite(all, path, "velocity");
  constexpr std::int64_t kWindows = 4;
  std::vector<std::vector<float>> windows;
  for (std::int64_t window = 0; window < kWindows; ++window) {
    const std::int64_t first_row = (shape[0] - size.nz) / 3;
    const std::int64_t first_column = (shape[1] - size.nx) * (window + 1) / (kWindows + 1);
    std::vector<float> map;
    for (std::int64_t row = first_row; row < first_row + size.nz; ++row) {
      const auto begin = all.begin() + row * shape[1] + first_column;
      std::transform(begin, begin + size.nx, std::back_inserter(map), [](float value) {
        return std::clamp(value, static_cast<float>(geology::kMinVelocity), static_cast<float>(geology::kMaxVelocity));
      });
    }
    windows.push_back(std::move(map));
  }
  return windows;
}

}  // namespace

Demo::Demo(const DemoOptions& options, const Context& context)
    : options_(options), context_(context), model_(model::load_model(options.model)) {
  // What is wrong with the options shows now rather than when the data are made.
  train::check(training_options(options_.max_minutes));
  if (options_.rank < 1) throw UsageError(fmt::format("`rank`: expected at least 1, found {}", options_.rank));
  fs::create_directories(options_.output);
}

std::shared_ptr<data::Dataset> Demo::make_data(const char* name, std::vector<const geology::Family*> families,
                                               std::int64_t count, std::uint64_t seed) const {
  data::GenerateOptions generate;
  generate.families = std::move(families);
  generate.count = count;
  generate.seed = seed;
  generate.output = data_folder(name);
  generate.flip_shot = true;
  generate.decimation = model_.input.decimation;
  generate.overwrite = Overwrite::kAllow;
  data::generate_dataset(generate, context_);
  return data::open_dataset(generate.output, {}, context_);
}

eval::Evaluation Demo::measure(const data::Dataset& dataset) const {
  return eval::evaluate(model_, dataset, {}, context_.silent());
}

Demo::Maps Demo::predict_all(const data::Dataset& dataset) const {
  Maps maps(static_cast<std::size_t>(dataset.size()));
  for (std::size_t index = 0; index < maps.size(); ++index) {
    context_.throw_if_stopped("interrupted: the demo begins anew");
    maps[index] = invert::predict(model_, dataset, static_cast<std::int64_t>(index), 1, {}, context_);
  }
  return maps;
}

Demo::Families Demo::invert_families() {
  const auto dataset = make_data("families", geology::families(), kSamplesPerFamily, kFamilySeed);
  Families result{measure(*dataset), options_.output / "families.png"};
  std::vector<std::vector<figures::Panel>> grid;
  figures::FigureOptions figure;
  for (const eval::FamilyScores& family : result.evaluation.families) {
    const std::int64_t index = family.indices.front();
    const std::vector<float> prediction = invert::predict(model_, *dataset, index, 1, {}, context_);
    std::vector<float> truth(prediction.size());
    dataset->read_velocity(index, truth);
    grid.push_back(inversion_panels(model_, *dataset, {index, prediction, truth}));
    figure.row_labels.push_back(geology::find_family(family.family).title());
  }
  figure.title = "Unseen gathers of the ten families";
  figure.subtitle = "The first example of each; nothing was chosen";
  figures::write_panels(result.picture, grid, figure, Overwrite::kAllow);
  return result;
}

std::optional<Demo::Marmousi> Demo::invert_marmousi() {
  if (!fs::exists(options_.marmousi)) return std::nullopt;
  const geology::MapSize size{model_.shape().nz, model_.shape().nx};
  const auto windows = cut_windows(options_.marmousi, size);
  const data::SampleMaker maker([&](std::uint64_t /*seed*/, std::uint64_t window) { return windows[window]; },
                                {.size = size}, {.context = context_});
  const data::SampleChunk samples = maker.make({0, std::ssize(windows)});
  const std::size_t values = samples.gathers.size() / windows.size();
  const figures::MapShape shape{static_cast<int>(size.nz), static_cast<int>(size.nx), maker.modelling()->grid.spacing};
  std::vector<std::vector<figures::Panel>> grid(3);
  double sum = 0.0;
  for (std::size_t window = 0; window < windows.size(); ++window) {
    const std::vector<float>& truth = windows[window];
    const std::span gathers = std::span(samples.gathers).subspan(window * values, values);
    std::vector<float> input(static_cast<std::size_t>(model_.input.input_size()));
    data::prepare_gathers(model_.input, maker.shape(), gathers, data::stored_order(model_.input), input);
    const std::vector<float> prediction = invert::predict(model_, input, 1);
    sum += mean_absolute_difference(prediction, truth);
    grid[0].push_back(figures::velocity_panel(truth, shape, "True velocity"));
    grid[1].push_back(figures::velocity_panel(prediction, shape, "Prediction"));
    grid[1].back().caption = error_caption(prediction, truth);
    grid[2].push_back(figures::difference_panel(prediction, truth, shape));
  }
  Marmousi result{windows.size(), sum / static_cast<double>(windows.size()), options_.output / "marmousi.png"};
  figures::write_panels(result.picture, grid, {.title = "Windows of Marmousi, zero-shot"}, Overwrite::kAllow);
  return result;
}

eval::Scores Demo::invert_new_geology() {
  const std::vector<const geology::Family*> family{&geology::find_family(kNewGeology)};
  training_ = make_data("training", family, kTrainingSamples, kTrainingSeed);
  test_ = make_data("test", family, kTestSamples, kTestSeed);
  before_ = measure(*test_).over_samples;
  maps_before_ = predict_all(*test_);
  return before_;
}

Demo::Adaptation Demo::adapt(const std::function<void(const peft::TrainableReport&)>& announce) {
  if (!training_) (void)invert_new_geology();
  train::FinetuneOptions finetune;
  finetune.adapter.rank = options_.rank;
  finetune.train = training_options(options_.max_minutes);
  finetune.announce = announce;
  figures::Series losses{"training loss", {}, {}};
  const auto record = [&losses](const train::StepReport& report) {
    losses.x.push_back(static_cast<double>(report.step));
    losses.y.push_back(report.loss.value());
  };
  const train::FinetuneResult tuned = train::finetune(model_, training_, nullptr, finetune, record, context_);
  Adaptation result{before_,
                    measure(*test_).over_samples,
                    tuned.trainable,
                    tuned.training,
                    options_.output / "adapter",
                    data_folder("test"),
                    draw_adaptation(maps_before_, predict_all(*test_))};
  figures::write_line_chart(options_.output / "training.png", {losses},
                            {.title = "Training the adapter", .x_label = "step", .y_label = "loss (m/s)"},
                            Overwrite::kAllow);
  peft::save_adapter(result.adapter, *tuned.adapter, model_.fingerprint, {{"made_by", "strataform demo"}},
                     Overwrite::kAllow);
  io::write_json(options_.output / "demo.json",
                 {{"mae_zero_shot", result.before.mae_velocity},
                  {"mae_adapted", result.after.mae_velocity},
                  {"trainable_share", result.trainable.share()},
                  {"training", train::to_json(result.training)},
                  {"model", model_.fingerprint}},
                 Overwrite::kAllow);
  return result;
}

fs::path Demo::draw_adaptation(const Maps& before, const Maps& after) const {
  const figures::MapShape shape = map_shape(model_);
  std::vector<std::vector<figures::Panel>> grid(3);
  for (std::size_t index = 0; index < kDrawnSamples; ++index) {
    std::vector<float> truth(before[index].size());
    test_->read_velocity(static_cast<std::int64_t>(index), truth);
    grid[0].push_back(figures::velocity_panel(truth, shape, "True velocity"));
    grid[1].push_back(figures::velocity_panel(before[index], shape, "Zero-shot"));
    grid[1].back().caption = error_caption(before[index], truth);
    grid[2].push_back(figures::velocity_panel(after[index], shape, "With the adapter"));
    grid[2].back().caption = error_caption(after[index], truth);
  }
  const fs::path picture = options_.output / "adaptation.png";
  figures::write_panels(picture, grid,
                        {.title = "Thrusts over salt, before and after LoRA",
                         .subtitle = fmt::format("The first four of {} unseen maps", kTestSamples)},
                        Overwrite::kAllow);
  draw_first_look(before, after);
  return picture;
}

void Demo::draw_first_look(const Maps& before, const Maps& after) const {
  const figures::MapShape shape = map_shape(model_);
  std::vector<float> truth(before.front().size());
  test_->read_velocity(0, truth);
  std::vector<figures::Panel> row = inversion_panels(model_, *test_, {0, before.front(), {}});
  row.back() = figures::velocity_panel(before.front(), shape, "Zero-shot");
  row.back().caption = error_caption(before.front(), truth);
  row.push_back(figures::velocity_panel(after.front(), shape, "With the adapter"));
  row.back().caption = error_caption(after.front(), truth);
  row.push_back(figures::velocity_panel(truth, shape, "Truth"));
  figures::write_panels(options_.output / "first_look.png", {row}, {}, Overwrite::kAllow);
}

}  // namespace strataform::workflow
