#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/core/context.h"

namespace strataform::workflow {

/// What an array holds.
enum class PlotKind {
  kGuess,    ///< see plot_file()
  kMap,      ///< velocities over distance and depth
  kSection,  ///< values of both signs over distance and depth: a change of velocity, a gradient, an image
  kGather,   ///< traces of a shot over time
  kTrace,    ///< one trace or wavelet
};
/// "guess", "map", "section", "gather", "trace". Throws UsageError for another name.
PlotKind plot_kind_from_name(const std::string& name);
std::vector<std::string> plot_kind_names();

struct PlotOptions {
  std::filesystem::path file;     ///< an array (.npy), or an adapter folder
  std::filesystem::path output;   ///< the picture: .png, .svg or .pdf
  std::filesystem::path minus{};  ///< another array of the same kind, the truth: its difference is drawn, too
  std::filesystem::path model{};  ///< the network of an adapter folder
  PlotKind kind = PlotKind::kGuess;
  std::int64_t index = 0;             ///< of the example, in an array of several
  std::int64_t shot = 0;              ///< of a gather, from 1 on; 0: the middle one
  std::optional<double> gain{};       ///< of a gather: see figures::gather_panel(), whose own it is unless given
  std::optional<double> spacing{};    ///< of the cells, m; none: as dataset.json beside the file says, else OpenFWI's
  std::optional<double> time_step{};  ///< of the samples, s; likewise
  bool spectrum = false;              ///< of a gather or trace: draws its amplitudes over frequency instead
  std::string title{};
  Overwrite overwrite = Overwrite::kRefuse;
};

/// Draws an array or what an adapter changes, layer by layer, and returns in words what was drawn: "velocity map, 70 x
/// 70 cells".
///
/// Unless the kind is given it is guessed from the axes and from the dataset.json beside the file. One axis: a trace.
/// Two: a map where all values are positive, else a gather where the data's own survey, or twice as many rows as
/// columns, say so, else a section. Three, [N, nz, nx] or [shots, samples, receivers], and four, [N, 1, nz, nx] or [N,
/// shots, samples, receivers]: maps where all values are positive, else gathers.
///
/// Throws UsageError for options that do not fit what is drawn, IoError, InputError and MismatchError for the files,
/// InterruptedError when it is asked to stop.
std::string plot_file(const PlotOptions& options, const Context& context = {});

}  // namespace strataform::workflow
