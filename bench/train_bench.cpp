#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "small_cache.h"
#include "strataform/core/context.h"
#include "strataform/train/pretrain.h"

namespace strataform::train {
namespace {

constexpr std::int64_t kSamples = 64;
constexpr std::int64_t kBatch = 16;
/// Long enough for several passes of the slow network.
constexpr double kSeconds = 20.0;

/// Whole training steps, from the cached gathers to the updated weights. items_per_second counts samples; the ratio
/// of two networks is what counts.
void train_network(benchmark::State& state, const std::string& backbone, std::int64_t decimation, Precision precision,
                   double& samples_per_second) {
  PretrainOptions options;
  options.backbone = backbone;
  options.data.folders = {make_small_cache(kSamples, decimation)};
  options.output = std::filesystem::temp_directory_path() / "strataform-bench.safetensors";
  options.train.batch_size = kBatch;
  options.train.steps = kSamples / kBatch;
  options.train.precision = precision;
  options.train.channels_last = true;
  options.train.overwrite = Overwrite::kAllow;
  // The first steps prepare the kernels of each shape.
  benchmark::DoNotOptimize(pretrain(options));
  std::int64_t samples = 0;
  double seconds = 0.0;
  for (auto _ : state) {
    const TrainResult result = pretrain(options);
    state.SetIterationTime(result.training_seconds);
    samples += result.samples;
    seconds += result.training_seconds;
  }
  samples_per_second = static_cast<double>(samples) / seconds;
  state.SetItemsProcessed(samples);
  state.counters["threads"] = strataform::Context{}.thread_count();
}

}  // namespace
}  // namespace strataform::train

int main(int argc, char** argv) {
  using namespace strataform::train;
  at::set_num_threads(strataform::Context{}.thread_count());
  std::map<std::string, double> rates;
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
    for (const auto& [backbone, decimation] :
         {std::pair{"inversionnet", 1}, std::pair{"compact", 5}, std::pair{"shotwise", 5}}) {
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
