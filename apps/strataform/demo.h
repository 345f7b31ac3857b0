#pragma once

#include <cstdint>
#include <filesystem>

#include "strataform/core/context.h"

namespace strataform::app {

struct DemoOptions {
  std::filesystem::path model = "models/foundation.safetensors";
  std::filesystem::path output = "out/demo";  ///< pictures, data and the adapter; what an earlier demo left is replaced
  std::filesystem::path marmousi = "../shared/models/marmousi_10m.npy";  ///< skipped where it is absent
  std::int64_t rank = 1;
  double max_minutes = 3.0;  ///< of adapter training
};

/// Inverts unseen gathers of the ten families, adapts the model to a geology outside them with LoRA, and shows both
/// in tables and pictures. Throws CheckFailedError where the adapter does not lower the error by kRequiredGain.
void run_demo(const DemoOptions& options, const Context& context);

/// The share by which the adapter has to lower the mean absolute error on maps that its training never saw.
inline constexpr double kRequiredGain = 0.25;

}  // namespace strataform::app
