#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "strataform/data/dataset.h"
#include "strataform/data/input_spec.h"
#include "strataform/nn/backbone.h"
#include "strataform/train/named_tensors.h"

namespace strataform::train {

/// What is trained on what.
struct TrainTask {
  std::shared_ptr<nn::Backbone> network;  ///< on the device where it is to be trained
  NamedTensors parameters;                ///< what the optimiser changes
  data::InputSpec input;
  std::shared_ptr<const data::Dataset> training;
  std::shared_ptr<const data::Dataset> validation;     ///< null: none
  nlohmann::json identity = nlohmann::json::object();  ///< what a run must share with its checkpoint, beside options
  std::string label = "train";                         ///< of its progress
};

}  // namespace strataform::train
