#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/core/context.h"
#include "strataform/data/conditions.h"
#include "strataform/geology/family.h"

namespace strataform::data {

/// OpenFWI's number of samples in a file.
inline constexpr std::int64_t kSamplesPerFile = 500;

struct GenerateOptions {
  std::vector<const geology::Family*> families;  ///< one: its files lie in output itself; several: one folder each
  std::int64_t count = kSamplesPerFile;          ///< samples of each family
  std::uint64_t seed = 1;
  std::filesystem::path output;  ///< a folder, created where it is missing
  bool velocity_only = false;    ///< velocity maps without gathers
  Conditions conditions{};       ///< of the gathers, not varied
  bool flip_shot = false;        ///< a sixth shot at column 35, for exact left-right flips
  std::int64_t decimation = 1;   ///< above 1: a cache of block means in float16, see write_cache()
  std::int64_t samples_per_file = kSamplesPerFile;
  Overwrite overwrite = Overwrite::kRefuse;
};

/// Draws velocity maps and models OpenFWI's gathers over them, in OpenFWI's file layout with a dataset.json per
/// family. Samples of a Fault family take its numbers of layers in turn, each number with files of its own. Reports
/// progress; a second call goes on where an interrupted one stopped; with kAllow what the folder holds is removed
/// first. Throws UsageError for an option, MismatchError where output holds other generated data, IoError where it
/// holds data of unknown origin or cannot be written, InterruptedError when it is asked to stop.
void generate_dataset(const GenerateOptions& options, const Context& context = {});

}  // namespace strataform::data
