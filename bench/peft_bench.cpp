// What every method of adaptation costs beside full fine-tuning, in one run: time per step and peak bytes of tensors.
#include <ATen/Parallel.h>
#include <c10/core/CPUAllocator.h>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "small_cache.h"
#include "strataform/core/context.h"
#include "strataform/peft/adapter_options.h"
#include "strataform/train/finetune.h"
#include "strataform/train/pretrain.h"
#include "strataform/train/tensor_memory.h"

namespace strataform::train {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSamples = 64;
constexpr std::int64_t kBatch = 16;
constexpr std::int64_t kWarmUp = 2;
constexpr std::int64_t kSteps = 6;

struct Case {
  std::string label;
  peft::AdapterOptions adapter;
  bool prefix_cached = false;
};

/// Regular expressions of a backbone's layers.
struct Layers {
  std::string convolutions;
  std::string tail;
};

TrainOptions training_options(std::int64_t steps) {
  TrainOptions options = finetune_defaults();
  options.batch_size = kBatch;
  options.steps = steps;
  options.channels_last = true;
  options.overwrite = Overwrite::kAllow;
  return options;
}

std::vector<Case> cases(const Layers& layers) {
  std::vector<Case> all;
  const auto add = [&](const std::string& label, const std::string& method, const std::string& target, bool cached) {
    Case one;
    one.label = label;
    one.adapter.method = method;
    one.adapter.target = target;
    one.prefix_cached = cached;
    all.push_back(one);
  };
  add("full", "full", "", false);
  add("lora", "lora", "", false);
  add("lora, prefix cached", "lora", "", true);
  add("lora, every convolution", "lora", layers.convolutions, false);
  add("lora, every layer", "lora", ".*", false);
  add("lora, tail, prefix cached", "lora", layers.tail, true);
  for (const std::string& name : peft::method_names()) {
    if (name != "full" && name != "lora") add(name, name, "", false);
  }
  return all;
}

void run_backbone(const fs::path& folder, const std::string& backbone, std::int64_t decimation, const Layers& layers) {
  PretrainOptions base;
  base.backbone = backbone;
  base.data.folders = {make_small_cache(kSamples, decimation)};
  base.output = folder / (backbone + ".safetensors");
  base.train = training_options(1);
  pretrain(base);

  fmt::print("\n{:<27}{:>9}{:>9}{:>10}{:>11}{:>10}{:>5}{:>9}{:>5}\n", backbone, "trained", "share", "file (KB)",
             "samples/s", "s/step", "%", "MB", "%");
  double full_seconds = 0.0;
  double full_bytes = 0.0;
  for (const Case& one : cases(layers)) {
    FinetuneOptions options;
    options.adapter = one.adapter;
    std::int64_t trained = 0;
    double share = 0.0;
    options.announce = [&](const peft::TrainableReport& report) {
      trained = report.trainable;
      share = report.share();
    };
    const bool is_full = one.adapter.method == "full";
    const FinetuneFiles files{base.output, base.data, folder / (is_full ? "full.safetensors" : "adapter"),
                              io::DType::kFloat32};
    options.train = training_options(kWarmUp);
    options.train.prefix_cache_bytes = one.prefix_cached ? finetune_defaults().prefix_cache_bytes : 0;
    finetune(files, options);
    options.train.steps = kSteps;
    const TrainResult result = finetune(files, options);
    if (is_full) {
      full_seconds = result.seconds_per_step();
      full_bytes = static_cast<double>(result.peak_tensor_bytes);
    }
    const auto bytes = static_cast<double>(result.peak_tensor_bytes);
    const auto file_bytes = fs::file_size(is_full ? files.output : files.output / "adapter_model.safetensors");
    fmt::print("{:<27}{:>9}{:>8.2f}%{:>10.1f}{:>11.1f}{:>10.3f}{:>5.0f}{:>9.1f}{:>5.0f}\n", one.label, trained,
               100.0 * share, static_cast<double>(file_bytes) / 1e3, result.samples_per_second(),
               result.seconds_per_step(), 100.0 * result.seconds_per_step() / full_seconds, bytes / 1e6,
               100.0 * bytes / full_bytes);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace strataform::train

int main() {
  at::set_num_threads(strataform::Context{}.thread_count());
  c10::SetCPUAllocator(&strataform::train::counting_allocator(), /*priority=*/1);
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "strataform-peft-bench";
  std::filesystem::create_directories(folder);
  strataform::train::run_backbone(folder, "inversionnet", 1, {.convolutions = ".*", .tail = "deconv[56].*"});
  strataform::train::run_backbone(
      folder, "compact", 5,
      {.convolutions = "(stem|middle|deep|refine.).conv|up.|skip|head", .tail = "(up2|refine2|head).*"});
}
