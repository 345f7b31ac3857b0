#include "strataform/io/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/io/half_range.h"

namespace strataform::io {
namespace {

/// Values that are converted at a time before they are written.
constexpr std::size_t kChunk = 1U << 16U;

std::size_t required_byte_count(DType dtype, std::span<const std::int64_t> shape) {
  const std::optional<std::size_t> bytes = byte_count(dtype, shape);
  if (!bytes) throw std::invalid_argument(fmt::format("no array has the shape {}", format_shape(shape)));
  return *bytes;
}

/// Whether all bits of the exponent are set, which only NaN and the infinities have.
bool any_non_finite(std::span<const float> values) {
  constexpr std::uint32_t kExponent = 0x7f800000U;
  std::uint32_t found = 0;
  // Bit operations without an early exit: the compiler turns them into vector instructions.
  for (const float value : values) {
    found |= (std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent ? 1U : 0U;
  }
  return found != 0;
}

float largest_magnitude(std::span<const float> values) {
  float largest = 0.0F;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

}  // namespace

NpyReader::NpyReader(std::filesystem::path path)
    : path_(std::move(path)), file_(path_), header_(parse_npy_header(file_.bytes(), path_)),
      data_(file_.bytes().subspan(header_.data_offset)) {
  for (std::size_t axis = 1; axis < header_.shape.size(); ++axis) item_size_ *= header_.shape[axis];
}

void NpyReader::read(std::int64_t first, std::int64_t count, std::span<float> out) const {
  if (first < 0 || count < 0 || count > this->count() - first) {
    throw std::out_of_range(
        fmt::format("{}: items {} to {} of {}", path_.string(), first, first + count, this->count()));
  }
  if (out.size() != static_cast<std::size_t>(count * item_size_)) {
    throw std::out_of_range(
        fmt::format("{}: {} items of {} values into {}", path_.string(), count, item_size_, out.size()));
  }
  if (out.empty()) return;
  if (header_.fortran_order) {
    read_fortran(first, count, out);
    return;
  }
  const std::size_t item_bytes = static_cast<std::size_t>(item_size_) * size_of(header_.dtype);
  convert_to_float(
      header_.dtype,
      data_.subspan(static_cast<std::size_t>(first) * item_bytes, static_cast<std::size_t>(count) * item_bytes), out);
}

void NpyReader::read_fortran(std::int64_t first, std::int64_t count, std::span<float> out) const {
  // The first axis varies fastest in the file, so that the same element of all items lies together.
  const std::size_t axes = header_.shape.size();
  const std::size_t element_size = size_of(header_.dtype);
  std::vector<std::int64_t> strides(axes, 1);
  for (std::size_t axis = 1; axis < axes; ++axis) strides[axis] = strides[axis - 1] * header_.shape[axis - 1];
  std::vector<std::int64_t> index(axes, 0);
  std::vector<float> column(static_cast<std::size_t>(count));
  std::int64_t offset = first;
  for (std::int64_t element = 0; element < item_size_; ++element) {
    convert_to_float(header_.dtype,
                     data_.subspan(static_cast<std::size_t>(offset) * element_size, column.size() * element_size),
                     column);
    for (std::int64_t item = 0; item < count; ++item) {
      out[static_cast<std::size_t>(item * item_size_ + element)] = column[static_cast<std::size_t>(item)];
    }
    // The next element in C order: the last axis moves first.
    for (std::size_t axis = axes; axis-- > 1;) {
      offset += strides[axis];
      if (++index[axis] < header_.shape[axis]) break;
      offset -= strides[axis] * header_.shape[axis];
      index[axis] = 0;
    }
  }
}

std::vector<float> NpyReader::read_all() const {
  std::vector<float> values(data_.size() / size_of(header_.dtype));
  read(0, count(), values);
  return values;
}

NpyWriter::NpyWriter(const std::filesystem::path& path, DType dtype, std::vector<std::int64_t> shape,
                     Overwrite overwrite)
    : path_(path), file_(path, overwrite), dtype_(dtype), shape_(std::move(shape)),
      remaining_(required_byte_count(dtype_, shape_) / size_of(dtype_)) {
  file_.write(make_npy_header(dtype_, shape_));
}

void NpyWriter::append(std::span<const float> values) {
  if (values.size() > remaining_) {
    throw std::logic_error(fmt::format("{} values too many for {}", values.size() - remaining_, format_shape(shape_)));
  }
  if (dtype_ == DType::kFloat16 && !fits_half(values)) {
    throw NumericalError(fmt::format("{}: expected values that float16 can hold, found a largest magnitude of {:.3g}",
                                     path_.string(), largest_magnitude(values)));
  }
  remaining_ -= values.size();
  std::vector<std::byte> bytes(std::min(values.size(), kChunk) * size_of(dtype_));
  while (!values.empty()) {
    const std::span<const float> chunk = values.first(std::min(values.size(), kChunk));
    const std::span<std::byte> converted = std::span(bytes).first(chunk.size() * size_of(dtype_));
    convert_from_float(dtype_, chunk, converted);
    file_.write(converted);
    values = values.subspan(chunk.size());
  }
}

void NpyWriter::commit() {
  if (remaining_ != 0) {
    throw std::logic_error(fmt::format("{} values are missing for {}", remaining_, format_shape(shape_)));
  }
  file_.commit();
}

void write_npy(const std::filesystem::path& path, std::span<const float> values, std::vector<std::int64_t> shape,
               DType dtype, Overwrite overwrite) {
  NpyWriter writer(path, dtype, std::move(shape), overwrite);
  writer.append(values);
  writer.commit();
}

void require_finite(std::span<const float> values, const std::filesystem::path& path, std::string_view what) {
  constexpr std::size_t kBlock = 4096;
  for (std::size_t begin = 0; begin < values.size(); begin += kBlock) {
    const std::span<const float> block = values.subspan(begin, std::min(kBlock, values.size() - begin));
    if (!any_non_finite(block)) continue;
    const auto found = std::ranges::find_if_not(block, [](float value) { return std::isfinite(value); });
    const auto index = begin + static_cast<std::size_t>(found - block.begin());
    throw InputError(
        fmt::format("{}: expected finite values in {}, found {} at index {}", path.string(), what, *found, index));
  }
}

}  // namespace strataform::io
