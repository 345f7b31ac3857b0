#pragma once

#include <cairo.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "strataform/figures/color_map.h"

namespace strataform::test {

/// A PNG file, decoded.
class Picture {
 public:
  explicit Picture(const std::filesystem::path& path)
      : surface_(cairo_image_surface_create_from_png(path.c_str()), cairo_surface_destroy) {
    const cairo_status_t status = cairo_surface_status(surface_.get());
    if (status != CAIRO_STATUS_SUCCESS) throw std::runtime_error(cairo_status_to_string(status));
  }

  [[nodiscard]] int width() const { return cairo_image_surface_get_width(surface_.get()); }
  [[nodiscard]] int height() const { return cairo_image_surface_get_height(surface_.get()); }

  /// 0xRRGGBB.
  [[nodiscard]] std::uint32_t pixel(int x, int y) const {
    const unsigned char* data = cairo_image_surface_get_data(surface_.get());
    const std::ptrdiff_t stride = cairo_image_surface_get_stride(surface_.get());
    std::uint32_t value = 0;
    std::memcpy(&value, data + y * stride + static_cast<std::ptrdiff_t>(x) * 4, sizeof value);
    return value & 0xFFFFFFU;
  }

  /// Pixels of a colour, up to the rounding of each channel by one.
  [[nodiscard]] int count(std::uint32_t color) const {
    int found = 0;
    for (int y = 0; y < height(); ++y) {
      for (int x = 0; x < width(); ++x) found += close(pixel(x, y), color) ? 1 : 0;
    }
    return found;
  }

 private:
  static bool close(std::uint32_t one, std::uint32_t other) {
    for (const std::uint32_t shift : {0U, 8U, 16U}) {
      const int difference = static_cast<int>(one >> shift & 0xFFU) - static_cast<int>(other >> shift & 0xFFU);
      if (difference < -1 || difference > 1) return false;
    }
    return true;
  }

  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface_;
};

inline std::uint32_t packed(const figures::Rgb& color) {
  const auto byte = [](double channel) { return static_cast<std::uint32_t>(std::lround(channel * 255.0)); };
  return byte(color.red) << 16U | byte(color.green) << 8U | byte(color.blue);
}

}  // namespace strataform::test
