#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/core/context.h"
#include "strataform/data/input_check.h"
#include "strataform/invert/predict.h"
#include "strataform/workflow/pictures.h"

namespace strataform::workflow {

struct InvertFilesOptions {
  std::filesystem::path model;                    ///< a .safetensors model file
  std::vector<std::filesystem::path> adapters{};  ///< adapter folders
  /// For each model of the data the number of its adapter, from 1; 0: the model alone. Empty: the only adapter for all.
  std::vector<std::size_t> use{};
  std::filesystem::path data;     ///< gathers, .npy [N, shots, samples, receivers] or without N
  std::filesystem::path output;   ///< maps in m/s, .npy [N, 1, nz, nx], or [1, nz, nx] without N
  PictureFolder figures{};        ///< for one picture per example
  std::filesystem::path truth{};  ///< true maps, .npy in m/s, to show in the pictures; empty: none
  std::string device = "cpu";     ///< or "cuda", "cuda:1"
  std::int64_t batch_size = 16;   ///< models that go through the network at once
  invert::PredictOptions predict{};
  std::optional<double> sample_interval{};            ///< of the gathers, s: they are resampled to the network's
  data::Mismatch mismatch = data::Mismatch::kRefuse;  ///< gathers that the network is known to make nothing of
  Overwrite overwrite = Overwrite::kRefuse;           ///< of the output and the pictures
};

struct InvertFilesResult {
  std::vector<std::int64_t> shape;  ///< of the output
  double seconds = 0.0;             ///< from the loaded model to the last map
};

/// Turns the gathers of a file into velocity maps. Warns of gathers that do not look like the network's training data;
/// throws MismatchError where the result would be worthless (time step, polarity, no live trace), unless that is
/// accepted.
/// Output and pictures appear where all of it succeeds, or not at all.
/// Throws UsageError for options that do not belong together, IoError, InputError and MismatchError for the files,
/// InterruptedError when it is asked to stop.
InvertFilesResult invert_files(const InvertFilesOptions& options, const Context& context = {});

}  // namespace strataform::workflow
