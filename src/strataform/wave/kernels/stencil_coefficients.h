#pragma once

namespace strataform::wave {

/// The second derivative in one direction, times dx^2: centre p_0 + sum over k of near[k - 1] (p_-k + p_k), of order
/// 2 Reach (Fornberg, Mathematics of Computation 51, 1988).
template <int Reach>
struct SecondDerivative;

template <>
struct SecondDerivative<1> {
  static constexpr double kCentre = -2.0;
  static constexpr double kNear[] = {1.0};
};
template <>
struct SecondDerivative<2> {
  static constexpr double kCentre = -5.0 / 2.0;
  static constexpr double kNear[] = {4.0 / 3.0, -1.0 / 12.0};
};
template <>
struct SecondDerivative<4> {
  static constexpr double kCentre = -205.0 / 72.0;
  static constexpr double kNear[] = {8.0 / 5.0, -1.0 / 5.0, 8.0 / 315.0, -1.0 / 560.0};
};

}  // namespace strataform::wave
