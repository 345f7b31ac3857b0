#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "strataform/adapt/adapt_options.h"
#include "strataform/core/atomic_file.h"
#include "strataform/core/context.h"
#include "strataform/data/input_check.h"
#include "strataform/survey/modelling.h"
#include "strataform/workflow/pictures.h"

namespace strataform::workflow {

struct AdaptFilesOptions {
  std::filesystem::path model;  ///< a .safetensors model file
  std::filesystem::path data;   ///< gathers as they were recorded, .npy [N, shots, samples, receivers] or without N
  bool each_gather = false;     ///< an adapter for each gather, fitted to it alone, instead of one for all
  /// The adapter, or a model file of float16 with the method full. With each_gather a folder of one adapter for each
  /// gather, gather_00000 and so on; empty: they are not kept.
  std::filesystem::path output{};
  std::filesystem::path maps{};     ///< of all gathers, .npy [N, nz, nx] in m/s; empty: none
  std::filesystem::path adapter{};  ///< an adapter to begin with instead of a fresh one, whose method it has
  std::filesystem::path truth{};    ///< true maps in m/s, which follow the error and nothing else; empty: not known
  std::filesystem::path run_dir{};  ///< what a call with `resume` goes on from; empty: <output>.run or <maps>.run
  PictureFolder figures{};          ///< with each_gather: of maps on their way
  std::int64_t figure_every = 10;   ///< gradients from one picture to the next; 0: the last ones alone
  std::optional<double> sample_interval{};  ///< of the gathers, s: they are resampled to the modelling's
  /// Of gathers whose direct wave is not that of a simulation over the network's map: another time step or polarity.
  data::Mismatch mismatch = data::Mismatch::kRefuse;
  /// The survey of the gathers over maps of nz x nx cells; the number of time samples is the data's.
  std::function<survey::Modelling(std::int64_t nz, std::int64_t nx)> modelling;
  adapt::AdaptOptions adapt = adapt::adapt_defaults();
  bool resume = false;
  Overwrite overwrite = Overwrite::kRefuse;  ///< of output, maps, pictures and an earlier run
  std::string command{};                     ///< how the run was started, for its records
  /// Called with what will be trained, before it is.
  std::function<void(const peft::TrainableReport&)> announce{};
};

struct AdaptFilesResult {
  std::int64_t gathers = 0;
  std::int64_t gradients = 0;  ///< of all gathers together
  std::int64_t setbacks = 0;   ///< how often training went back to its best state
  double first_misfit = 0.0;   ///< mean over the gathers: 1 is what silence leaves
  double last_misfit = 0.0;
  double seconds = 0.0;
  std::string ended{};  ///< why the last training ended
  /// Mean absolute error of each gather's map in m/s; empty where the truth is not known.
  std::vector<double> errors_before{};
  std::vector<double> errors_after{};
};

/// Trains an adapter of a model on gathers alone, through the adjoint of the propagator, and writes it with a record of
/// how it was made. All input is checked before anything is written. What is trained is kept in the run folder, so that
/// a call with `resume` goes on from there, to the same result; with each_gather it begins the gather anew that was
/// not finished.
/// Throws UsageError for options, IoError, InputError and MismatchError for the files, what adapt::fit() throws, and
/// InterruptedError when it is asked to stop.
AdaptFilesResult adapt_files(const AdaptFilesOptions& options, const Context& context = {});

}  // namespace strataform::workflow
