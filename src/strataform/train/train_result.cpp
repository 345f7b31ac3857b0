#include "strataform/train/train_result.h"

namespace strataform::train {

double TrainResult::seconds_per_step() const { return steps > 0 ? training_seconds / static_cast<double>(steps) : 0.0; }

double TrainResult::samples_per_second() const {
  return training_seconds > 0 ? static_cast<double>(samples) / training_seconds : 0.0;
}

double TrainResult::waiting_share() const { return seconds > 0 ? waiting_seconds / seconds : 0.0; }

nlohmann::json to_json(const TrainResult& result) {
  nlohmann::json json = {{"steps", result.steps},
                         {"samples", result.samples},
                         {"seconds", result.seconds},
                         {"training_seconds", result.training_seconds},
                         {"waiting_seconds", result.waiting_seconds},
                         {"waiting_share", result.waiting_share()},
                         {"seconds_per_step", result.seconds_per_step()},
                         {"samples_per_second", result.samples_per_second()},
                         {"loss", result.loss},
                         {"peak_tensor_bytes", result.peak_tensor_bytes},
                         {"selected_step", result.selected_step}};
  if (result.validation) json["validation"] = to_json(*result.validation);
  return json;
}

}  // namespace strataform::train
