#pragma once

#include <complex>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace strataform::refine {

/// Discrete Fourier transforms of real series of one length, a power of two, by Eigen (its kissfft).
class RealFft {
 public:
  /// The smallest length from `at_least` on.
  explicit RealFft(std::size_t at_least);
  ~RealFft();

  [[nodiscard]] std::size_t size() const { return size_; }
  /// sum_n x_n exp(-2 pi i k n / size) for k from 0 to size / 2: the others are their complex conjugates. Zeros follow
  /// the at most size() values.
  [[nodiscard]] std::vector<std::complex<double>> forward(std::span<const double> values);
  /// The size() values that have this spectrum.
  [[nodiscard]] std::vector<double> inverse(std::span<const std::complex<double>> spectrum);

 private:
  struct Plans;

  std::size_t size_;
  std::vector<double> padded_;
  std::unique_ptr<Plans> plans_;
};

}  // namespace strataform::refine
