#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/data/batch_loader.h"

namespace strataform::nn {
class Backbone;
}

namespace strataform::train {

/// Mean absolute errors in m/s.
struct ValidationResult {
  double mae = 0.0;  ///< over all samples
  std::map<std::string, double> families;
  std::int64_t samples = 0;
};

nlohmann::json to_json(const ValidationResult& result);

/// Watches a network on samples that it is not trained on, in float32 and evaluation mode.
class Validator {
 public:
  /// Takes at most `limit` samples, spread evenly over the data set.
  Validator(const std::shared_ptr<const data::Dataset>& dataset, const data::InputSpec& input, std::int64_t batch_size,
            std::int64_t limit);

  /// Leaves the network in evaluation mode. Throws InterruptedError when the context asks to stop.
  [[nodiscard]] ValidationResult run(nn::Backbone& network, const Context& context = {});

 private:
  std::shared_ptr<const data::Dataset> dataset_;
  data::BatchLoader loader_;
  double metres_per_unit_;
};

/// m/s that a difference of 1 in normalised velocity stands for.
double metres_per_unit(const data::Normalization& normalization);

}  // namespace strataform::train
