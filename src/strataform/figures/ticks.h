#pragma once

#include <string>
#include <vector>

namespace strataform::figures {

/// Positions on an axis with their labels, in ascending order.
struct Ticks {
  std::vector<double> values;
  std::vector<std::string> labels;
};

/// At most max_count ticks at multiples of 1, 2 or 5 times a power of ten, as many as fit, between first and last
/// (both included, in either order). Throws UsageError unless first and last are finite and differ.
[[nodiscard]] Ticks nice_ticks(double first, double last, int max_count);

/// Ticks of a logarithmic axis at powers of ten, and at 2 and 5 times those where the range is under three decades.
/// Throws UsageError unless 0 < low < high.
[[nodiscard]] Ticks log_ticks(double low, double high);

/// value with a fixed number of decimals, a true minus sign and thin spaces between thousands from 10 000 on.
[[nodiscard]] std::string format_number(double value, int decimals);

}  // namespace strataform::figures
