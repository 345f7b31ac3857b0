#include "strataform/workflow/plotted_array.h"

#include <fmt/format.h>

#include <algorithm>

#include "strataform/core/error.h"
#include "strataform/io/npy.h"

namespace strataform::workflow {
namespace {

using Shape = std::vector<std::int64_t>;

/// The survey of the folder's data has shots with so many samples and receivers.
bool has_gathers_of(const std::optional<data::DatasetInfo>& dataset, std::int64_t samples, std::int64_t receivers) {
  if (!dataset || !dataset->modelling) return false;
  const survey::Survey& survey = dataset->modelling->survey;
  return survey.samples / dataset->decimation == samples && survey::common_receivers(survey) == receivers;
}

PlotKind guess_kind(const Shape& shape, const PlottedArray& array) {
  if (shape.size() == 1) return PlotKind::kTrace;
  if (has_gathers_of(array.dataset, array.rows, array.columns)) return PlotKind::kGather;
  const bool is_positive = std::ranges::all_of(array.values, [](float value) { return value > 0.0F; });
  const bool is_one_map = shape.size() != 4 || shape[1] == 1;
  if (is_positive && is_one_map) return PlotKind::kMap;
  if (shape.size() > 2 || array.rows >= 2 * array.columns) return PlotKind::kGather;
  return PlotKind::kSection;
}

std::int64_t checked_index(const PlotOptions& options, std::int64_t count) {
  if (options.index < 0 || options.index >= count) {
    throw UsageError(fmt::format("`index`: expected 0 to {}, found {}", count - 1, options.index));
  }
  return options.index;
}

/// The place of a shot among the `count` of a gather.
std::int64_t checked_shot(const PlotOptions& options, std::int64_t count) {
  if (options.shot < 0 || options.shot > count) {
    throw UsageError(fmt::format("`shot`: expected 1 to {}, found {}", count, options.shot));
  }
  return options.shot == 0 ? count / 2 : options.shot - 1;
}

void require_axes(const std::filesystem::path& file, const Shape& shape, PlotKind kind) {
  const bool is_trace = kind == PlotKind::kTrace;
  const bool is_map = kind == PlotKind::kMap || kind == PlotKind::kSection;
  const bool has_axes = !shape.empty() && shape.size() <= 4 && std::ranges::all_of(shape, [](auto n) { return n > 0; });
  const bool fits = kind == PlotKind::kGuess || (is_trace == (shape.size() == 1));
  if (has_axes && fits && !(is_map && shape.size() == 4 && shape[1] != 1)) return;
  const char* expected = is_trace ? "a trace [time samples]"
                         : is_map ? "maps [nz, nx], [N, nz, nx] or [N, 1, nz, nx]"
                         : kind == PlotKind::kGather
                             ? "gathers [time samples, receivers], [shots, time samples, receivers] or "
                               "[N, shots, time samples, receivers]"
                             : "an array of one to four axes";
  throw InputError(fmt::format("{}: expected {}, found {}", file.string(), expected, io::format_shape(shape)));
}

}  // namespace

PlottedArray read_plotted(const std::filesystem::path& file, const PlotOptions& options) {
  const io::NpyReader reader(file);
  const Shape& shape = reader.shape();
  require_axes(file, shape, options.kind);
  PlottedArray array;
  array.dataset = data::read_dataset_info(file.parent_path());
  const std::size_t axes = shape.size();
  array.columns = axes == 1 ? 1 : shape[axes - 1];
  array.rows = axes == 1 ? shape[0] : shape[axes - 2];
  const std::int64_t size = array.rows * array.columns;
  if (axes <= 2) {
    array.values = reader.read_all();
  } else {
    // The last axis in front of the rows may be one of examples or of shots: the values of the first tell.
    array.values.resize(static_cast<std::size_t>(reader.item_size()));
    reader.read(axes == 4 ? checked_index(options, shape[0]) : 0, 1, array.values);
  }
  array.kind = options.kind == PlotKind::kGuess ? guess_kind(shape, array) : options.kind;
  const bool is_gather = array.kind == PlotKind::kGather;
  const std::int64_t examples = axes == 4 || (axes == 3 && !is_gather) ? shape[0] : 1;
  const std::int64_t index = checked_index(options, examples);
  if (is_gather && axes > 2) array.shot = checked_shot(options, shape[axes - 3]);
  if (axes == 3) reader.read(is_gather ? array.shot : index, 1, array.values);
  if (axes == 4 && is_gather) array.values.erase(array.values.begin(), array.values.begin() + array.shot * size);
  array.values.resize(static_cast<std::size_t>(size));
  io::require_finite(array.values, file, "value");
  return array;
}

}  // namespace strataform::workflow
