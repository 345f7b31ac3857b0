#include "strataform/figures/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"

namespace strataform::figures {
namespace {

// Ends of an axis that miss a tick by rounding alone still get it.
constexpr double kRounding = 1e-9;

int decimals_of(double step) { return std::max(0, static_cast<int>(-std::floor(std::log10(step) + kRounding))); }

}  // namespace

std::string format_number(double value, int decimals) {
  constexpr const char* kMinus = "\u2212";
  constexpr const char* kThinSpace = "\u2009";
  std::string digits = fmt::format("{:.{}f}", std::abs(value), decimals);
  const std::size_t whole = std::min(digits.find('.'), digits.size());
  if (whole > 4) {
    for (std::size_t place = whole - 3; place > 0 && place < whole; place -= std::min<std::size_t>(place, 3)) {
      digits.insert(place, kThinSpace);
    }
  }
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  return value < 0.0 && !zero ? kMinus + digits : digits;
}

Ticks nice_ticks(double first, double last, int max_count) {
  const double low = std::min(first, last);
  const double high = std::max(first, last);
  if (!std::isfinite(low) || !std::isfinite(high) || low == high) {
    throw UsageError(fmt::format("axis: expected two finite, different ends, found {} and {}", first, last));
  }
  const int wanted = std::max(max_count, 1);
  double decade = std::pow(10.0, std::floor(std::log10((high - low) / wanted)));
  while (true) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double step = factor * decade;
      const double begin = std::ceil(low / step - kRounding);
      const double end = std::floor(high / step + kRounding);
      if (end - begin + 1.0 > wanted) continue;
      Ticks ticks;
      for (int index = 0; index <= end - begin; ++index) {
        ticks.values.push_back((begin + index) * step);
        ticks.labels.push_back(format_number(ticks.values.back(), decimals_of(step)));
      }
      return ticks;
    }
    decade *= 10.0;
  }
}

Ticks log_ticks(double low, double high) {
  if (!(low > 0.0) || !(high > low) || !std::isfinite(high)) {
    throw UsageError(fmt::format("logarithmic axis: expected 0 < low < high, found {} and {}", low, high));
  }
  const std::vector<double> factors =
      std::log10(high / low) < 3.0 ? std::vector<double>{1.0, 2.0, 5.0} : std::vector<double>{1.0};
  Ticks ticks;
  const int last_exponent = static_cast<int>(std::ceil(std::log10(high)));
  for (int exponent = static_cast<int>(std::floor(std::log10(low))); exponent <= last_exponent; ++exponent) {
    const double decade = std::pow(10.0, exponent);
    for (const double factor : factors) {
      const double value = factor * decade;
      if (value < low * (1.0 - kRounding) || value > high * (1.0 + kRounding)) continue;
      ticks.values.push_back(value);
      ticks.labels.push_back(format_number(value, decimals_of(decade)));
    }
  }
  return ticks;
}

}  // namespace strataform::figures
