#include "strataform/io/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/io/file_kind.h"
#include "strataform/io/json.h"

namespace strataform::io {
namespace {

using nlohmann::json;

constexpr const char* kMetadataKey = "__metadata__";
constexpr std::size_t kLengthSize = sizeof(std::uint64_t);
constexpr std::size_t kTensorAlignment = 8;
constexpr std::uint64_t kMaxHeaderSize = 100'000'000;  // the limit of the format's own library

/// Turns the content of a file into tensors and metadata.
class Parser {
 public:
  Parser(std::span<const std::byte> content, const std::filesystem::path& path) : content_(content), path_(path) {}

  json read_header() {
    if (detect_file_kind(content_) != FileKind::kSafetensors) {
      refuse("expected a .safetensors file, found " + describe_content(content_));
    }
    std::uint64_t length = 0;
    std::memcpy(&length, content_.data(), kLengthSize);
    if (length > kMaxHeaderSize) {
      refuse(fmt::format("expected a header of at most {} bytes, found a length of {}", kMaxHeaderSize, length));
    }
    if (length > content_.size() - kLengthSize) {
      refuse(fmt::format("truncated header: expected {} bytes, found {}", kLengthSize + length, content_.size()));
    }
    data_ = content_.subspan(kLengthSize + length);
    return parse_json({reinterpret_cast<const char*>(content_.data()) + kLengthSize, length}, path_);
  }

  std::map<std::string, std::string> read_metadata(const json& header) const {
    std::map<std::string, std::string> metadata;
    const auto found = header.find(kMetadataKey);
    if (found == header.end()) return metadata;
    if (!found->is_object()) refuse("expected __metadata__ to be a JSON object of strings");
    for (const auto& [key, value] : found->items()) {
      if (!value.is_string()) refuse(fmt::format("expected a string as the value of the metadata key '{}'", key));
      metadata.emplace(key, value.get<std::string>());
    }
    return metadata;
  }

  std::vector<TensorInfo> read_tensors(const json& header) const {
    std::vector<TensorInfo> tensors;
    for (const auto& [name, entry] : header.items()) {
      if (name != kMetadataKey) tensors.push_back(read_tensor(name, entry));
    }
    // A tensor without elements precedes the one that begins where it does.
    std::ranges::sort(tensors, {},
                      [](const TensorInfo& tensor) { return std::pair(tensor.data.data(), tensor.data.size()); });
    require_no_gaps(tensors);
    return tensors;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw InputError(fmt::format("{}: {}", path_.string(), what));
  }

  TensorInfo read_tensor(const std::string& name, const json& entry) const {
    if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") || !entry.contains("shape") ||
        !entry.contains("data_offsets")) {
      refuse(fmt::format("tensor '{}': expected an object with dtype, shape and data_offsets", name));
    }
    const json& type = entry["dtype"];
    const auto dtype = type.is_string() ? dtype_from_safetensors(type.get<std::string>()) : std::nullopt;
    if (!dtype) refuse(fmt::format("tensor '{}': the type {} is not supported", name, type.dump()));
    const std::vector<std::int64_t> shape = read_integers(name, entry, "shape");
    const std::vector<std::int64_t> offsets = read_integers(name, entry, "data_offsets");
    if (offsets.size() != 2 || offsets[0] > offsets[1]) {
      refuse(fmt::format("tensor '{}': expected two rising data_offsets, found {}", name, format_shape(offsets)));
    }
    const auto begin = static_cast<std::size_t>(offsets[0]);
    const auto end = static_cast<std::size_t>(offsets[1]);
    const std::optional<std::size_t> bytes = byte_count(*dtype, shape);
    // The other dimensions of a tensor without elements must be countable, too.
    std::vector<std::int64_t> without_zeros = shape;
    std::ranges::replace(without_zeros, 0, 1);
    if (bytes != end - begin || !byte_count(*dtype, without_zeros)) {
      refuse(fmt::format("tensor '{}': expected {} bytes for {} {}, found {}", name,
                         bytes ? std::to_string(*bytes) : "too many", name_of(*dtype), format_shape(shape),
                         end - begin));
    }
    if (end > data_.size()) {
      refuse(fmt::format("truncated file: tensor '{}' ends at byte {} of the data, found {} bytes", name, end,
                         data_.size()));
    }
    return {.name = name, .dtype = *dtype, .shape = shape, .data = data_.subspan(begin, end - begin)};
  }

  std::vector<std::int64_t> read_integers(const std::string& name, const json& entry, const char* key) const {
    const json& array = entry[key];
    // The library keeps integers from 0 on as unsigned; beyond 63 bits they make no sense in a file.
    const bool valid = array.is_array() && std::ranges::all_of(array, [](const json& value) {
                         return value.is_number_unsigned() && value.get<std::uint64_t>() <= INT64_MAX;
                       });
    if (!valid) refuse(fmt::format("tensor '{}': expected {} to be integers of 0 or more", name, key));
    return array.get<std::vector<std::int64_t>>();
  }

  void require_no_gaps(const std::vector<TensorInfo>& tensors) const {
    const std::byte* end = data_.data();
    for (const TensorInfo& tensor : tensors) {
      if (tensor.data.data() != end) {
        refuse(fmt::format("tensor '{}': expected its data at offset {}, found {}", tensor.name, end - data_.data(),
                           tensor.data.data() - data_.data()));
      }
      end += tensor.data.size();
    }
    const auto used = static_cast<std::size_t>(end - data_.data());
    if (used != data_.size()) {
      refuse(fmt::format("oversized file: expected {} bytes of data, found {}", used, data_.size()));
    }
  }

  std::span<const std::byte> content_;
  std::span<const std::byte> data_;
  const std::filesystem::path& path_;
};

std::string make_header(const std::vector<TensorInfo>& tensors, const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[kMetadataKey] = metadata;
  std::size_t begin = 0;
  for (const TensorInfo& tensor : tensors) {
    if (byte_count(tensor.dtype, tensor.shape) != tensor.data.size()) {
      throw std::invalid_argument(fmt::format("tensor '{}': {} bytes for {} {}", tensor.name, tensor.data.size(),
                                              name_of(tensor.dtype), format_shape(tensor.shape)));
    }
    if (header.contains(tensor.name)) throw std::invalid_argument(fmt::format("two tensors '{}'", tensor.name));
    const std::size_t end = begin + tensor.data.size();
    header[tensor.name] = {
        {"dtype", safetensors_name(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.append((kTensorAlignment - text.size() % kTensorAlignment) % kTensorAlignment, ' ');
  return text;
}

}  // namespace

SafetensorsFile::SafetensorsFile(std::filesystem::path path) : path_(std::move(path)), file_(path_) {
  Parser parser(file_.bytes(), path_);
  const json header = parser.read_header();
  metadata_ = parser.read_metadata(header);
  tensors_ = parser.read_tensors(header);
}

const TensorInfo* SafetensorsFile::find(std::string_view name) const {
  const auto found = std::ranges::find(tensors_, name, &TensorInfo::name);
  return found == tensors_.end() ? nullptr : &*found;
}

void write_safetensors(const std::filesystem::path& path, std::vector<TensorInfo> tensors,
                       const std::map<std::string, std::string>& metadata, Overwrite overwrite) {
  std::ranges::sort(tensors, [](const TensorInfo& left, const TensorInfo& right) {
    return std::tuple(size_of(right.dtype), std::string_view(left.name)) <
           std::tuple(size_of(left.dtype), std::string_view(right.name));
  });
  const std::string header = make_header(tensors, metadata);
  const std::uint64_t length = header.size();
  AtomicFile file(path, overwrite);
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(header);
  for (const TensorInfo& tensor : tensors) file.write(tensor.data);
  file.commit();
}

}  // namespace strataform::io
