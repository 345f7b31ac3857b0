#include "strataform/io/dtype.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace strataform::io {
namespace {

TEST(DType, NamesLeadBackToTheType) {
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64, DType::kUInt8,
                            DType::kInt32, DType::kInt64, DType::kBool}) {
    EXPECT_EQ(dtype_from_safetensors(safetensors_name(dtype)), dtype) << name_of(dtype);
    if (!npy_name(dtype).empty()) {
      EXPECT_EQ(dtype_from_npy(npy_name(dtype)), dtype) << name_of(dtype);
    }
  }
  EXPECT_EQ(dtype_from_npy(""), std::nullopt);
  EXPECT_EQ(dtype_from_npy("<i8"), std::nullopt);
  EXPECT_EQ(dtype_from_safetensors("F8_E4M3"), std::nullopt);
}

TEST(DType, CountsBytesOfAnArray) {
  EXPECT_EQ(byte_count(DType::kFloat32, std::vector<std::int64_t>{6, 70, 70}), 6U * 70U * 70U * 4U);
  EXPECT_EQ(byte_count(DType::kFloat64, std::vector<std::int64_t>{}), 8U);
  EXPECT_EQ(byte_count(DType::kFloat32, std::vector<std::int64_t>{INT64_MAX, INT64_MAX, 0}), 0U);
  EXPECT_EQ(byte_count(DType::kFloat32, std::vector<std::int64_t>{INT64_MAX / 8, 4}), std::nullopt);
  EXPECT_EQ(byte_count(DType::kFloat32, std::vector<std::int64_t>{5, -1}), std::nullopt);
}

TEST(DType, FormatsShapes) {
  EXPECT_EQ(format_shape(std::vector<std::int64_t>{60, 1, 70}), "[60, 1, 70]");
  EXPECT_EQ(format_shape(std::vector<std::int64_t>{}), "[]");
}

TEST(DType, ConvertsThereAndBack) {
  const std::vector<float> values{0.0F, -1.5F, 4500.0F, 0x1p-14F, -2.0F, 3.0F, 7.0F, 11.0F, 0.25F};
  for (const DType dtype : {DType::kFloat16, DType::kFloat32, DType::kFloat64}) {
    // One byte in front, so that the elements are not aligned.
    std::vector<std::byte> bytes(1 + values.size() * size_of(dtype));
    const std::span<std::byte> data = std::span(bytes).subspan(1);
    convert_from_float(dtype, values, data);
    std::vector<float> back(values.size());
    convert_to_float(dtype, data, back);
    EXPECT_EQ(back, values) << name_of(dtype);
  }
}

TEST(DType, ReadsBfloat16) {
  const std::vector<std::uint16_t> bits{0x3f80U, 0xbfc0U, 0x0001U, 0x7f7fU, 0x0000U};
  std::vector<float> values(bits.size());
  convert_to_float(DType::kBFloat16, std::as_bytes(std::span(bits)), values);
  EXPECT_EQ(values, (std::vector<float>{1.0F, -1.5F, 0x1p-133F, 0x1.fep127F, 0.0F}));
}

TEST(DType, RefusesConversionsThatDoNotExist) {
  std::vector<std::byte> bytes(8);
  std::vector<float> values(1);
  EXPECT_THROW(convert_to_float(DType::kInt64, bytes, values), std::invalid_argument);
  EXPECT_THROW(convert_from_float(DType::kInt64, values, bytes), std::invalid_argument);
  EXPECT_THROW(convert_to_float(DType::kFloat32, bytes, values), std::invalid_argument);
}

}  // namespace
}  // namespace strataform::io
