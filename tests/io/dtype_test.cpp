#include "strataform/io/dtype.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace strataform::io {
namespace {

TEST(DType, NamesLeadBackToTheType) {
  for (const DType dtype :
       {DType::kFloat16, DType::kBFloat16, DType::kFloat32, DType::kFloat64, DType::kInt8, DType::kUInt8, DType::kInt16,
        DType::kUInt16, DType::kInt32, DType::kUInt32, DType::kInt64, DType::kUInt64, DType::kBool}) {
    EXPECT_EQ(dtype_from_safetensors(safetensors_name(dtype)), dtype) << name_of(dtype);
    if (!npy_name(dtype).empty()) {
      EXPECT_EQ(dtype_from_npy(npy_name(dtype)), dtype) << name_of(dtype);
    }
  }
  EXPECT_EQ(dtype_from_npy(""), std::nullopt);
  EXPECT_EQ(dtype_from_npy("<i8"), DType::kInt64);
  EXPECT_EQ(dtype_from_npy("|b1"), std::nullopt);
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

TEST(DType, ReadsIntegers) {
  const auto read = [](DType dtype, auto... numbers) {
    const std::vector stored{numbers...};
    std::vector<float> values(stored.size());
    convert_to_float(dtype, std::as_bytes(std::span(stored)), values);
    return values;
  };
  EXPECT_EQ(read(DType::kInt8, std::int8_t{-128}, std::int8_t{7}), (std::vector{-128.0F, 7.0F}));
  EXPECT_EQ(read(DType::kUInt8, std::uint8_t{200}), std::vector{200.0F});
  EXPECT_EQ(read(DType::kInt16, std::int16_t{-4500}, std::int16_t{4500}), (std::vector{-4500.0F, 4500.0F}));
  EXPECT_EQ(read(DType::kUInt16, std::uint16_t{65535}), std::vector{65535.0F});
  EXPECT_EQ(read(DType::kInt32, std::int32_t{-3}, (std::int32_t{1} << 24) + 1), (std::vector{-3.0F, 0x1p24F}));
  EXPECT_EQ(read(DType::kUInt32, std::uint32_t{4'000'000'000U}), std::vector{4e9F});
  EXPECT_EQ(read(DType::kInt64, std::int64_t{-1500}), std::vector{-1500.0F});
  EXPECT_EQ(read(DType::kUInt64, std::uint64_t{1} << 63U), std::vector{0x1p63F});
}

TEST(DType, RefusesConversionsThatDoNotExist) {
  std::vector<std::byte> bytes(8);
  std::vector<float> values(1);
  EXPECT_THROW(convert_to_float(DType::kBool, std::span(bytes).first(1), values), std::invalid_argument);
  EXPECT_THROW(convert_from_float(DType::kInt64, values, bytes), std::invalid_argument);
  EXPECT_THROW(convert_to_float(DType::kFloat32, bytes, values), std::invalid_argument);
}

}  // namespace
}  // namespace strataform::io
