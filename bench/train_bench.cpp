#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "strataform/core/parallel.h"
#include "strataform/data/dataset.h"
#include "strataform/data/generate.h"
#include "strataform/geology/family.h"
#include "strataform/nn/backbone.h"
#include "strataform/train/tensor_memory.h"
#include "strataform/train/trainer.h"

namespace strataform::train {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSamples = 64;
constexpr std::int64_t kBatch = 16;
/// Long enough for several passes of the slow network.
constexpr double kSeconds = 20.0;

/// A small cache in half precision, made once for each decimation.
std::shared_ptr<const data::Dataset> cached_data(std::int64_t decimation) {
  data::GenerateOptions options;
  options.families = {&geology::find_family("curvefault-b")};
  options.count = kSamples;
  options.output = fs::temp_directory_path() / ("strataform-bench-" + std::to_string(decimation));
  options.decimation = decimation;
  // An earlier run's may have been made by an older generator.
  options.overwrite = Overwrite::kAllow;
  data::generate_dataset(options);
  return data::open_dataset(options.output);
}

/// Whole training steps, from the cached gathers to the updated weights. items_per_second counts samples; the ratio
/// of two networks is what counts.
void train_network(benchmark::State& state, const std::string& backbone, std::int64_t decimation, Precision precision,
                   double& samples_per_second) {
  TrainTask task;
  task.network = nn::make_backbone(backbone);
  for (const auto& item : task.network->named_parameters()) task.parameters.emplace_back(item.key(), item.value());
  task.input.decimation = decimation;
  task.training = cached_data(decimation);
  TrainOptions options;
  options.batch_size = kBatch;
  options.steps = kSamples / kBatch;
  options.precision = precision;
  options.channels_last = true;
  options.show_progress = false;
  // The first steps prepare the kernels of each shape.
  benchmark::DoNotOptimize(train(task, options));
  std::int64_t samples = 0;
  double seconds = 0.0;
  for (auto _ : state) {
    const TrainResult result = train(task, options);
    state.SetIterationTime(result.training_seconds);
    samples += result.samples;
    seconds += result.training_seconds;
  }
  samples_per_second = static_cast<double>(samples) / seconds;
  state.SetItemsProcessed(samples);
  state.counters["threads"] = thread_count();
}

}  // namespace
}  // namespace strataform::train

int main(int argc, char** argv) {
  using namespace strataform::train;
  keep_freed_memory();
  std::map<std::string, double> rates;
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
    for (const auto& [backbone, decimation] : {std::pair{"inversionnet", 1}, std::pair{"compact", 5}}) {
      const std::string name = std::string("train/") + backbone + "/" + name_of(precision);
      benchmark::RegisterBenchmark(name.c_str(), train_network, backbone, decimation, precision, std::ref(rates[name]))
          ->Unit(benchmark::kMillisecond)
          ->MinTime(kSeconds)
          ->UseManualTime();
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
    const auto rate = [&](const char* backbone) {
      return rates[std::string("train/") + backbone + "/" + name_of(precision)];
    };
    if (rate("compact") == 0.0 || rate("inversionnet") == 0.0) continue;
    fmt::print("compact trains {:.1f} times as fast as inversionnet in {}\n", rate("compact") / rate("inversionnet"),
               name_of(precision));
  }
}
