#include "demo.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "inversion_figure.h"
#include "strataform/core/error.h"
#include "strataform/data/dataset.h"
#include "strataform/data/generate.h"
#include "strataform/data/sample_maker.h"
#include "strataform/eval/evaluate.h"
#include "strataform/figures/chart.h"
#include "strataform/figures/panel.h"
#include "strataform/geology/family.h"
#include "strataform/invert/predict.h"
#include "strataform/io/json.h"
#include "strataform/io/npy.h"
#include "strataform/peft/adapter_folder.h"
#include "strataform/train/finetune.h"
#include "strataform/wave/acquisition.h"

namespace strataform::app {
namespace {
namespace fs = std::filesystem;

/// Seeds that no training of the shipped model used (see models/README.md).
constexpr std::uint64_t kFamilySeed = 9001;
constexpr std::uint64_t kTrainingSeed = 9002;
constexpr std::uint64_t kTestSeed = 9003;
constexpr std::int64_t kSamplesPerFamily = 5;
constexpr std::int64_t kTrainingSamples = 200;
constexpr std::int64_t kTestSamples = 50;
constexpr const char* kNewGeology = "saltthrust";

void say(const std::string& text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

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

class Demo {
 public:
  Demo(const DemoOptions& options, const Context& context)
      : options_(options), context_(context), model_(model::load_model(options.model)) {
    // What is wrong with the options shows now rather than when the data are made.
    train::check(training_options(options_.max_minutes));
    if (options_.rank < 1) throw UsageError(fmt::format("--rank: expected at least 1, found {}", options_.rank));
    fs::create_directories(options_.output);
  }

  void run() {
    say(fmt::format("\nFoundation model {}: {}, {:.2f} million parameters\n", options_.model.string(),
                    model_.backbone_name(), static_cast<double>(model_.parameter_count()) / 1e6));
    show_families();
    show_marmousi();
    adapt();
  }

 private:
  std::shared_ptr<data::Dataset> make_data(const std::string& name, std::vector<const geology::Family*> families,
                                           std::int64_t count, std::uint64_t seed) const {
    data::GenerateOptions generate;
    generate.families = std::move(families);
    generate.count = count;
    generate.seed = seed;
    generate.output = options_.output / "data" / name;
    generate.flip_shot = true;
    generate.decimation = model_.input.decimation;
    generate.overwrite = Overwrite::kAllow;
    data::generate_dataset(generate, context_);
    return data::open_dataset(generate.output, {}, context_);
  }

  void show_families() const {
    say("1. Unseen gathers of the ten geological families, modelled with the wave equation and inverted");
    const auto dataset = make_data("families", geology::families(), kSamplesPerFamily, kFamilySeed);
    const eval::Evaluation evaluation = eval::evaluate(model_, *dataset, {}, context_.silent());
    say(eval::format_table(evaluation));
    std::vector<std::vector<figures::Panel>> grid;
    figures::FigureOptions figure;
    for (const eval::FamilyScores& family : evaluation.families) {
      grid.push_back(panels(*dataset, family.indices.front()));
      figure.row_labels.push_back(geology::find_family(family.family).title());
    }
    figure.title = "Unseen gathers of the ten families";
    figure.subtitle = "The first sample of each; nothing was chosen";
    save_panels("families.png", grid, figure);
  }

  [[nodiscard]] std::vector<figures::Panel> panels(const data::Dataset& dataset, std::int64_t index) const {
    const std::vector<float> prediction = invert::predict(model_, dataset, index, 1, {}, context_);
    std::vector<float> truth(prediction.size());
    dataset.read_velocity(index, truth);
    return inversion_panels(model_, dataset, {index, prediction, truth});
  }

  void show_marmousi() const;
  void adapt();
  void show_adaptation(const data::Dataset& test, const std::vector<std::vector<float>>& before,
                       const std::vector<std::vector<float>>& after) const;

  void save_panels(const std::string& name, const std::vector<std::vector<figures::Panel>>& grid,
                   const figures::FigureOptions& figure) const {
    const fs::path path = options_.output / name;
    figures::write_panels(path, grid, figure, Overwrite::kAllow);
    say(fmt::format("   picture: {}\n", path.string()));
  }

  DemoOptions options_;
  const Context& context_;
  model::Model model_;
};

/// Windows of a velocity model, clipped to the range of the families as everywhere in this field.
std::vector<std::vector<float>> cut_windows(const fs::path& path, const geology::MapSize& size) {
  const io::NpyReader reader(path);
  const auto& shape = reader.shape();
  if (shape.size() != 2 || shape[0] < size.nz || shape[1] < size.nx) {
    throw InputError(fmt::format("{}: expected a velocity model of at least {} x {} cells, found {}", path.string(),
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

void Demo::show_marmousi() const {
  if (!fs::exists(options_.marmousi)) {
    say(fmt::format("2. Marmousi: skipped, {} is absent (--marmousi names a file)\n", options_.marmousi.string()));
    return;
  }
  say(fmt::format("2. Windows of {}, which nothing here was trained on", options_.marmousi.filename().string()));
  const geology::MapSize size{model_.shape().nz, model_.shape().nx};
  const auto windows = cut_windows(options_.marmousi, size);
  const data::SampleMaker maker([&](std::uint64_t /*seed*/, std::uint64_t window) { return windows[window]; },
                                {.size = size}, {.context = context_});
  const data::SampleChunk samples = maker.make({0, std::ssize(windows)});
  const std::size_t values = samples.gathers.size() / windows.size();
  const figures::MapShape shape{static_cast<int>(size.nz), static_cast<int>(size.nx), maker.acquisition()->spacing};
  std::vector<std::vector<figures::Panel>> grid(3);
  double sum = 0.0;
  for (std::size_t window = 0; window < windows.size(); ++window) {
    const std::vector<float>& truth = windows[window];
    const std::span gathers = std::span(samples.gathers).subspan(window * values, values);
    std::vector<float> input(static_cast<std::size_t>(model_.input.input_size()));
    data::prepare_gathers(model_.input, maker.shape(), gathers, data::stored_order(model_.input), input);
    const std::vector<float> prediction = invert::predict(model_, input, 1);
    const double error = mean_absolute_difference(prediction, truth);
    sum += error;
    grid[0].push_back(figures::velocity_panel(truth, shape, "True velocity"));
    grid[1].push_back(figures::velocity_panel(prediction, shape, "Prediction"));
    grid[1].back().caption = fmt::format("MAE {:.0f} m/s", error);
    grid[2].push_back(figures::difference_panel(prediction, truth, shape, "Difference", 1000.0));
  }
  say(fmt::format("   mean MAE {:.0f} m/s over {} windows", sum / static_cast<double>(windows.size()), windows.size()));
  save_panels("marmousi.png", grid, {.title = "Windows of Marmousi, zero-shot"});
}

std::vector<std::vector<float>> predict_all(const model::Model& model, const data::Dataset& dataset,
                                            const Context& context) {
  std::vector<std::vector<float>> maps(static_cast<std::size_t>(dataset.size()));
  for (std::size_t index = 0; index < maps.size(); ++index) {
    context.throw_if_stopped("interrupted: the demo begins anew");
    maps[index] = invert::predict(model, dataset, static_cast<std::int64_t>(index), 1, {}, context);
  }
  return maps;
}

void Demo::adapt() {
  say(fmt::format("3. A geology that the foundation has never seen: thrusted, folded layers over salt ('{}')",
                  kNewGeology));
  const std::vector<const geology::Family*> family{&geology::find_family(kNewGeology)};
  const auto training = make_data("training", family, kTrainingSamples, kTrainingSeed);
  const auto test = make_data("test", family, kTestSamples, kTestSeed);
  const eval::Scores before = eval::evaluate(model_, *test, {}, context_.silent()).over_samples;
  const auto maps_before = predict_all(model_, *test, context_);
  say(fmt::format("   zero-shot: MAE {:.0f} m/s, SSIM {:.3f} on {} unseen maps\n", before.mae_velocity, before.ssim,
                  before.samples));

  say(fmt::format("4. A LoRA adapter of rank {}, trained on {} samples", options_.rank, training->size()));
  train::FinetuneOptions finetune;
  finetune.adapter.rank = options_.rank;
  finetune.train = training_options(options_.max_minutes);
  finetune.announce = [](const peft::TrainableReport& report) { say("   " + peft::to_string(report, "lora")); };
  figures::Series losses{"training loss", {}, {}};
  const auto record = [&losses](const train::StepReport& report) {
    losses.x.push_back(static_cast<double>(report.step));
    losses.y.push_back(report.loss.value());
  };
  const train::FinetuneResult result = train::finetune(model_, training, nullptr, finetune, record, context_);
  const eval::Scores after = eval::evaluate(model_, *test, {}, context_.silent()).over_samples;
  show_adaptation(*test, maps_before, predict_all(model_, *test, context_));
  figures::write_line_chart(options_.output / "training.png", {losses},
                            {.title = "Training the adapter", .x_label = "step", .y_label = "loss (m/s)"},
                            Overwrite::kAllow);
  const fs::path folder = options_.output / "adapter";
  peft::save_adapter(folder, *result.adapter, model_.fingerprint, {{"made_by", "strataform demo"}}, Overwrite::kAllow);

  const double gain = 1.0 - after.mae_velocity / before.mae_velocity;
  say(fmt::format("   {:<12}{:>14}{:>14}{:>10}", "50 new maps", "MAE (m/s)", "RMSE (m/s)", "SSIM"));
  for (const auto& [name, scores] : {std::pair{"zero-shot", before}, std::pair{"adapted", after}}) {
    say(fmt::format("   {:<12}{:>14.1f}{:>14.1f}{:>10.3f}", name, scores.mae_velocity, scores.rmse_velocity,
                    scores.ssim));
  }
  say(fmt::format("\n   The adapter ({:.2f} % of the parameters, {:.0f} s of training) lowered the error by {:.0f} %.",
                  100.0 * result.trainable.share(), result.training.seconds, 100.0 * gain));
  say(fmt::format("   adapter: {}", folder.string()));
  say(fmt::format("   next: strataform evaluate --model {} --adapter {} --data {}\n", options_.model.string(),
                  folder.string(), (options_.output / "data" / "test").string()));
  io::write_json(options_.output / "demo.json",
                 {{"mae_zero_shot", before.mae_velocity},
                  {"mae_adapted", after.mae_velocity},
                  {"trainable_share", result.trainable.share()},
                  {"training", train::to_json(result.training)},
                  {"model", model_.fingerprint}},
                 Overwrite::kAllow);
  if (gain < kRequiredGain) {
    throw CheckFailedError(fmt::format("the adapter lowered the error by {:.0f} %; at least {:.0f} % was expected",
                                       100.0 * gain, 100.0 * kRequiredGain));
  }
}

void Demo::show_adaptation(const data::Dataset& test, const std::vector<std::vector<float>>& before,
                           const std::vector<std::vector<float>>& after) const {
  const figures::MapShape shape{static_cast<int>(test.nz()), static_cast<int>(test.nx()),
                                model_.acquisition.value("spacing", wave::Acquisition{}.spacing)};
  std::vector<std::vector<figures::Panel>> grid(3);
  for (std::size_t index = 0; index < 4; ++index) {
    std::vector<float> truth(before[index].size());
    test.read_velocity(static_cast<std::int64_t>(index), truth);
    const auto add = [&](std::vector<figures::Panel>& row, const std::vector<float>& map, const char* title) {
      row.push_back(figures::velocity_panel(map, shape, title));
      if (&map != &truth) row.back().caption = fmt::format("MAE {:.0f} m/s", mean_absolute_difference(map, truth));
    };
    add(grid[0], truth, "True velocity");
    add(grid[1], before[index], "Zero-shot");
    add(grid[2], after[index], "With the adapter");
  }
  save_panels("adaptation.png", grid,
              {.title = "Thrusts over salt, before and after LoRA", .subtitle = "The first four of 50 unseen maps"});
}

}  // namespace

void run_demo(const DemoOptions& options, const Context& context) { Demo(options, context).run(); }

}  // namespace strataform::app
