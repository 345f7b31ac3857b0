// An adaptation of a second: two gathers over small models, and a network of a few channels that reads them.
#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "strataform/adapt/fit.h"
#include "strataform/data/gather_source.h"
#include "strataform/io/npy.h"
#include "strataform/model/model.h"
#include "strataform/nn/backbone.h"
#include "strataform/peft/adapter.h"
#include "strataform/survey/openfwi.h"
#include "strataform/wave/propagator.h"
#include "support/layer_model.h"

namespace strataform::adapt {

inline constexpr std::int64_t kNz = 20;
inline constexpr std::int64_t kNx = 24;
inline constexpr std::int64_t kSamples = 160;

/// Gathers in memory.
struct MemoryGathers : data::GatherSource {
  data::GatherShape shape;
  std::vector<std::vector<float>> gathers;

  [[nodiscard]] std::int64_t size() const override { return std::ssize(gathers); }
  [[nodiscard]] data::GatherShape gather_shape() const override { return shape; }
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override { return std::nullopt; }
  [[nodiscard]] std::string name() const override { return "memory"; }
  void read_gathers(std::int64_t index, std::span<float> out) const override {
    std::ranges::copy(gathers[static_cast<std::size_t>(index)], out.begin());
  }
};

/// Three shots over models with a faster layer, recorded by the propagator itself.
struct TinySurvey {
  explicit TinySurvey(const std::vector<float>& jumps = {100.0F, 300.0F}) {
    modelling = survey::openfwi({.nz = kNz, .nx = kNx, .shots = 3});
    modelling.scheme.absorber = survey::Absorber::kPml;
    modelling.scheme.absorbing_cells = 10;
    modelling.survey.samples = kSamples;
    const wave::Propagator propagator(modelling);
    source.shape = {.shots = 3, .samples = kSamples, .receivers = kNx, .decimation = 1};
    for (const float jump : jumps) {
      truths.push_back(test::layer_model(kNz, kNx, jump));
      source.gathers.emplace_back(static_cast<std::size_t>(propagator.gather_size()));
      propagator.forward(truths.back(), 1, source.gathers.back());
    }
  }

  survey::Modelling modelling;
  std::vector<std::vector<float>> truths;
  MemoryGathers source;
};

/// A network that gives about 1750 m/s everywhere, whatever it reads: the last layer has a bias and weights of little
/// effect.
inline model::Model tiny_reader(torch::ScalarType type = torch::kFloat32) {
  at::set_num_threads(1);
  model::Model model;
  model.backbone = nn::make_backbone("compact",
                                     {{"shots", 3},
                                      {"samples", kSamples},
                                      {"receivers", kNx},
                                      {"nz", kNz},
                                      {"nx", kNx},
                                      {"width", 6},
                                      {"features", 8},
                                      {"mixers", 1}},
                                     5);
  model.input.shots = 3;
  model.input.samples = kSamples;
  model.input.receivers = kNx;
  model.input.ignore_last_sample = false;
  {
    const torch::NoGradGuard no_grad;
    for (const auto& item : model.backbone->named_parameters()) {
      if (item.key() == "head.weight") item.value().mul_(0.3);
      if (item.key() == "head.bias") item.value().fill_(-1.2);
    }
  }
  model.fingerprint = model::fingerprint_of(*model.backbone);
  model.backbone->to(type);
  model.backbone->eval();
  return model;
}

/// Its gathers as data.npy; those of before are replaced.
inline void write_gathers(const std::filesystem::path& folder, const TinySurvey& survey) {
  std::vector<float> gathers;
  for (const std::vector<float>& one : survey.source.gathers) gathers.insert(gathers.end(), one.begin(), one.end());
  const data::GatherShape& shape = survey.source.shape;
  io::write_npy(folder / "data.npy", gathers, {survey.source.size(), shape.shots, shape.samples, shape.receivers},
                io::DType::kFloat32, Overwrite::kAllow);
}

/// What a command reads: model.safetensors, data.npy and truth.npy.
inline void write_survey_files(const std::filesystem::path& folder, const TinySurvey& survey) {
  model::save_model(folder / "model.safetensors", tiny_reader());
  write_gathers(folder, survey);
  std::vector<float> truths;
  for (const std::vector<float>& truth : survey.truths) truths.insert(truths.end(), truth.begin(), truth.end());
  io::write_npy(folder / "truth.npy", truths, {std::ssize(survey.truths), kNz, kNx});
}

inline AdaptOptions tiny_adaptation(std::int64_t gradients) {
  AdaptOptions options = adapt_defaults();
  options.adapter.rank = 2;
  options.physics.gradients = gradients;
  options.physics.frequencies = {0.0};
  options.physics.slowest = 1500.0;
  options.physics.fastest = 3000.0;
  options.train.warmup_steps = 1;
  options.train.seed = 3;
  return options;
}

}  // namespace strataform::adapt
