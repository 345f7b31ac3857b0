#pragma once

#include <cstdint>

namespace strataform::wave {

/// What Accelerator::run_resident() models: shots over models with a sponge, of fourth order. Run r, of those from
/// first_run on, is shot r mod shots of model r / shots. Pointers are to the accelerator's memory; rows and columns are
/// the padded grid's, a ring.
struct ResidentShots {
  int first_run = 0, runs = 0, shots = 0;
  int nz = 0, nx = 0, absorbing = 0;
  int samples = 0, receivers = 0, wavelet_samples = 0;
  int receiver_row = 0;
  double cells_per_velocity = 0.0;          ///< dt / dx
  const float* velocity = nullptr;          ///< [models, nz, nx], m/s
  const double* damping = nullptr;          ///< [models]: dt times the sponge's largest damping
  const int* source_row = nullptr;          ///< [shots]
  const int* source_column = nullptr;       ///< [shots]
  const int* receiver_of_column = nullptr;  ///< [columns], -1: none
  const float* amounts = nullptr;           ///< [wavelet_samples]: dx^2 w_n
  float* gathers = nullptr;                 ///< [runs, samples, receivers]

  /// The layout that the kernel is made for: a cluster of blocks, in each of them groups of threads, a thread for each
  /// column, every thread with 12 or 13 rows.
  static constexpr int kBlocks = 8;
  static constexpr int kGroups = 3;
  static constexpr int kRowsEach = 13;
  static constexpr int kMostColumns = 320;

  static constexpr bool fits(std::int64_t rows, std::int64_t columns) {
    constexpr std::int64_t kAllGroups = kBlocks * kGroups;
    return columns <= kMostColumns && rows > kAllGroups * (kRowsEach - 1) && rows <= kAllGroups * kRowsEach;
  }
};

}  // namespace strataform::wave
