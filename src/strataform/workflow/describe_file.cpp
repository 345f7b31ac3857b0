#include "strataform/workflow/describe_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/data/array_files.h"
#include "strataform/data/axes.h"
#include "strataform/data/dataset.h"
#include "strataform/io/file_kind.h"
#include "strataform/io/json.h"
#include "strataform/io/mapped_file.h"
#include "strataform/io/npy.h"
#include "strataform/io/safetensors.h"
#include "strataform/model/model.h"
#include "strataform/peft/adapter_folder.h"
#include "strataform/survey/openfwi.h"
#include "strataform/workflow/field_info.h"

namespace strataform::workflow {
namespace fs = std::filesystem;
namespace {

/// Running statistics of an array that need not fit into memory.
struct ArrayStatistics {
  std::int64_t finite = 0;
  std::int64_t other = 0;
  double smallest = std::numeric_limits<double>::infinity();
  double largest = -std::numeric_limits<double>::infinity();
  double sum = 0.0;

  void add(std::span<const float> values) {
    for (const float value : values) {
      if (!std::isfinite(value)) {
        ++other;
        continue;
      }
      ++finite;
      smallest = std::min<double>(smallest, value);
      largest = std::max<double>(largest, value);
      sum += value;
    }
  }
};

/// What the axes look like; empty where that is not known.
std::string guess_content(const std::vector<std::int64_t>& shape, const ArrayStatistics& statistics) {
  const bool is_positive = statistics.finite > 0 && statistics.smallest > 0.0;
  const bool is_map = shape.size() == 2 || (shape.size() >= 3 && shape[shape.size() - 3] == 1);
  if (is_positive && is_map) {
    return statistics.largest > data::kFastestInKilometres ? "velocity maps (m/s)"
                                                           : "velocity maps in km/s: multiply by 1000";
  }
  if (is_positive || shape.size() < 3 || shape.size() > 4) return {};
  const std::size_t shots = shape.size() - 3;
  const std::string axes =
      data::guess_axes({.shots = shape[shots], .samples = shape[shots + 1], .receivers = shape[shots + 2]},
                       survey::Openfwi::kShots, survey::Openfwi::kColumns);
  return axes.empty() ? "shot gathers" : fmt::format("shot gathers, whose axes look like {}: transpose them", axes);
}

std::string describe_array(const fs::path& path, const Context& context) {
  const io::NpyReader reader(path);
  ArrayStatistics statistics;
  std::vector<float> item;
  const std::int64_t items_per_read =
      std::max<std::int64_t>(1, (1 << 20) / std::max<std::int64_t>(1, reader.item_size()));
  for (std::int64_t first = 0; first < reader.count() && reader.item_size() > 0; first += items_per_read) {
    context.throw_if_stopped("interrupted: nothing was written");
    const std::int64_t count = std::min(items_per_read, reader.count() - first);
    item.resize(static_cast<std::size_t>(count * reader.item_size()));
    reader.read(first, count, item);
    statistics.add(item);
  }
  std::string text = fmt::format("array          {} {}{}\n", io::name_of(reader.dtype()),
                                 io::format_shape(reader.shape()), reader.fortran_order() ? ", Fortran order" : "");
  if (statistics.finite > 0) {
    text += fmt::format("range          {:g} to {:g}\nmean           {:g}\n", statistics.smallest, statistics.largest,
                        statistics.sum / static_cast<double>(statistics.finite));
  }
  text += fmt::format("not finite     {}\n", statistics.other);
  const std::string guess = guess_content(reader.shape(), statistics);
  if (!guess.empty()) text += fmt::format("looks like     {}\n", guess);
  return text;
}

std::string describe_tensors(const fs::path& path) {
  const io::SafetensorsFile file(path);
  const auto format = file.metadata().find("format");
  if (format != file.metadata().end() && format->second == "strataform-model") {
    return model::describe_model(model::load_model(path));
  }
  std::string text = fmt::format("tensors        {}\n", file.tensors().size());
  for (const auto& [key, value] : file.metadata()) text += fmt::format("metadata       {}: {}\n", key, value);
  for (const io::TensorInfo& tensor : file.tensors()) {
    text += fmt::format("  {} {} {}\n", tensor.name, io::name_of(tensor.dtype), io::format_shape(tensor.shape));
  }
  return text;
}

bool has_velocity(const fs::path& path) {
  const std::vector<data::FamilyFolder> folders = data::find_family_folders(path, /*require_velocity=*/false);
  return std::all_of(folders.begin(), folders.end(), [](const data::FamilyFolder& folder) {
    return std::none_of(folder.shards.begin(), folder.shards.end(),
                        [](const data::Shard& shard) { return shard.velocity.empty(); });
  });
}

std::string describe_dataset(const fs::path& path, const Context& context) {
  data::DatasetOptions options;
  options.require_velocity = has_velocity(path);
  const auto dataset = data::open_dataset(path, options, context);
  const data::GatherShape shape = dataset->gather_shape();
  std::string text = fmt::format("dataset        {} examples\ngathers        {} shots, {} time samples, {} receivers\n",
                                 dataset->size(), shape.shots, shape.samples, shape.receivers);
  if (shape.decimation > 1) text += fmt::format("decimation     {}\n", shape.decimation);
  text += dataset->has_velocity() ? fmt::format("velocity       {} x {} cells\n", dataset->nz(), dataset->nx())
                                  : std::string("velocity       none\n");
  std::vector<std::pair<std::string, std::int64_t>> families;
  for (std::int64_t index = 0; index < dataset->size(); ++index) {
    const std::string& family = dataset->family(index);
    if (families.empty() || families.back().first != family) families.emplace_back(family, 0);
    ++families.back().second;
  }
  for (const auto& [family, count] : families) text += fmt::format("family         {}: {}\n", family, count);
  return text;
}

}  // namespace

std::string describe_file(const fs::path& path, const Context& context) {
  switch (io::detect_file_kind(path)) {
    case io::FileKind::kNpy: return describe_array(path, context);
    case io::FileKind::kSafetensors: return describe_tensors(path);
    case io::FileKind::kJson: return io::read_json(path).dump(2) + "\n";
    case io::FileKind::kFolder:
      if (peft::is_adapter_folder(path)) return peft::describe_adapter(peft::read_adapter_file(path));
      if (const std::optional<std::string> text = describe_field_file(path, context)) return *text;
      return describe_dataset(path, context);
    case io::FileKind::kUnknown: break;
  }
  if (const std::optional<std::string> text = describe_field_file(path, context)) return *text;
  const io::MappedFile file(path);
  throw InputError(
      fmt::format("{}: expected an array (.npy), network (.safetensors), adapter folder or dataset folder, "
                  "found {}",
                  path.string(), io::describe_content(file.bytes())));
}

}  // namespace strataform::workflow
