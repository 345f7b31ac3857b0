#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/dataset.h"
#include "strataform/eval/evaluate.h"
#include "strataform/geology/family.h"
#include "strataform/model/model.h"
#include "strataform/peft/adapter_options.h"
#include "strataform/train/train_result.h"

namespace strataform::workflow {

struct DemoOptions {
  std::filesystem::path model = "models/foundation.safetensors";
  std::filesystem::path output = "out/demo";  ///< pictures, data and the adapter; what an earlier demo left is replaced
  std::filesystem::path marmousi = "../shared/models/marmousi_10m.npy";  ///< its step is skipped where it is absent
  std::int64_t rank = 1;
  double max_minutes = 3.0;  ///< of adapter training
};

/// What a foundation model can do, step by step: it inverts unseen gathers of the ten families and of Marmousi, then
/// adapts to a geology outside both with LoRA. Each step leaves a picture in the output folder.
class Demo {
 public:
  /// Loads the model and makes the output folder. Throws UsageError for options, and what model::load_model() throws.
  explicit Demo(const DemoOptions& options, const Context& context = {});

  [[nodiscard]] const model::Model& model() const { return model_; }
  /// The geology that the model has never seen: thrusted, folded layers over salt.
  static constexpr const char* kNewGeology = "saltthrust";
  /// How many samples of it the adapter is trained on.
  static constexpr std::int64_t kTrainingSamples = 200;

  struct Families {
    eval::Evaluation evaluation;
    std::filesystem::path picture;
  };
  /// Models gathers of the ten families and inverts them.
  Families invert_families();

  struct Marmousi {
    std::size_t windows = 0;
    double error = 0.0;  ///< mean absolute one, over all windows, m/s
    std::filesystem::path picture;
  };
  /// Models and inverts gathers over windows of Marmousi; nothing where its file is absent. Throws InputError for a
  /// file that is no model of velocities or too small.
  std::optional<Marmousi> invert_marmousi();

  /// Models samples of the new geology, to train on and to test with, and inverts the latter with the model as it is.
  eval::Scores invert_new_geology();

  struct Adaptation {
    eval::Scores before;
    eval::Scores after;  ///< on the same maps, which the training never saw
    peft::TrainableReport trainable;
    train::TrainResult training;
    std::filesystem::path adapter;    ///< its folder
    std::filesystem::path test_data;  ///< the dataset's folder
    std::filesystem::path picture;

    /// The share by which the adapter has lowered the mean absolute error.
    [[nodiscard]] double gain() const { return 1.0 - after.mae_velocity / before.mae_velocity; }
  };
  /// Trains a LoRA adapter on the samples of invert_new_geology(), which comes first, and measures it. Writes demo.json
  /// and training.png besides. announce is called with what will be trained, before it is.
  Adaptation adapt(const std::function<void(const peft::TrainableReport&)>& announce = {});

 private:
  using Maps = std::vector<std::vector<float>>;

  [[nodiscard]] std::filesystem::path data_folder(const char* name) const { return options_.output / "data" / name; }
  [[nodiscard]] std::shared_ptr<data::Dataset> make_data(const char* name, std::vector<const geology::Family*> families,
                                                         std::int64_t count, std::uint64_t seed) const;
  [[nodiscard]] eval::Evaluation measure(const data::Dataset& dataset) const;
  [[nodiscard]] Maps predict_all(const data::Dataset& dataset) const;
  [[nodiscard]] std::filesystem::path draw_adaptation(const Maps& before, const Maps& after) const;
  /// One example in a row: a gather, both predictions and the truth.
  void draw_first_look(const Maps& before, const Maps& after) const;

  DemoOptions options_;
  Context context_;
  model::Model model_;
  std::shared_ptr<data::Dataset> training_;
  std::shared_ptr<data::Dataset> test_;
  Maps maps_before_;
  eval::Scores before_;
};

}  // namespace strataform::workflow
