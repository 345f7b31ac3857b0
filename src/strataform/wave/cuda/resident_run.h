// A shot whose wave never leaves the processors. Each thread of a cluster of eight blocks holds the pressure of 12 or
// 13 cells of one column, at two time steps, and their coefficients in registers; shared memory holds the pressure for
// the neighbours, two rows of the neighbouring blocks included, which these write there. One barrier of the cluster
// ends a time step.
#pragma once

#include <cooperative_groups.h>

#include "strataform/wave/device/resident_kernel.h"
#include "strataform/wave/kernels/cell.h"

namespace strataform::wave::resident {

constexpr int kRows = ResidentShots::kRowsEach;
constexpr int kHalo = 2;
constexpr int kBlockRows = ResidentShots::kGroups * kRows;
constexpr int kThreads = ResidentShots::kMostColumns * ResidentShots::kGroups;

/// Values of one time step in a block's shared memory.
inline int plane_of(int columns) { return (kBlockRows + 2 * kHalo) * (columns + 2 * kHalo); }
inline std::size_t shared_bytes(int columns) {
  return (2 * static_cast<std::size_t>(plane_of(columns)) + kBlockRows) * sizeof(float);
}

/// Where a thread's cells lie.
struct Lane {
  int pitch, columns, column;
  int rows;          ///< of this thread, 12 or 13
  int own;           ///< of its first cell, in a plane
  int row_in_block;  ///< of its first cell
  int rows_in_block;
  bool active, inside;   ///< in a column of the grid; of the model
  float column_kept;     ///< 1 - dt damping of the sides
  int source, receiver;  ///< its row that has one, -1: none
};

/// The planes of the blocks above and below, from the row that this block fills there on.
struct Neighbours {
  float* above;
  float* below;
};

/// p holds the pressure, q the one before it and then the next; `current` and `next` are their planes in shared memory
/// at the thread's first cell.
__device__ __forceinline__ void step(const Lane& lane, float (&p)[kRows], float (&q)[kRows],
                                     const float (&courant)[kRows], const float* __restrict__ current,
                                     float* __restrict__ next, const float* __restrict__ row_kept,
                                     const Neighbours& neighbours, float amount, float* __restrict__ trace) {
  if (!lane.active) return;
  const int pitch = lane.pitch;
  const float above[kHalo] = {current[-2 * pitch], current[-pitch]};
  if (lane.rows < kRows) p[kRows - 1] = current[(kRows - 1) * pitch];
  const float below[kHalo] = {current[kRows * pitch], current[(kRows + 1) * pitch]};
#pragma unroll
  for (int row = 0; row < kRows; ++row) {
    if (row == kRows - 1 && lane.rows < kRows) break;
    const auto pressure = [&](std::ptrdiff_t down, std::ptrdiff_t right) {
      if (right != 0) return current[row * pitch + right];
      const std::ptrdiff_t at = row + down;
      if (at < 0) return above[at + kHalo];
      return at < kRows ? p[at] : below[at - kRows];
    };
    const float kept = lane.inside ? row_kept[row] : 1.0F;
    float value =
        cell::next_pressure(p[row], q[row], lane.column_kept, kept, courant[row], cell::laplacian<2, float>(pressure));
    if (row == lane.source) value += courant[row] * amount;
    if (row == lane.receiver) *trace = value;
    q[row] = value;
    next[row * pitch] = value;
    // What lies beyond the sides is what lies at the other one.
    if (lane.column < kHalo) next[row * pitch + lane.columns] = value;
    if (lane.column >= lane.columns - kHalo) next[row * pitch - lane.columns] = value;
    if (row < kHalo && lane.row_in_block == 0) neighbours.above[row * pitch] = value;
    const int from_last = lane.row_in_block + row - (lane.rows_in_block - kHalo);
    if (row >= kRows - 1 - kHalo && from_last >= 0) neighbours.below[from_last * pitch] = value;
  }
}

__device__ __forceinline__ double outside(int index, int first, int size) {
  return static_cast<double>(max(max(first - index, index - (first + size - 1)), 0));
}

/// 1 - dt damping of a cell of the sponge, see sponge.h; 1 within the model.
__device__ __forceinline__ float kept_at(int index, int absorbing, int size, double damping) {
  const double depth = (outside(index, absorbing, size) - 1.0) / static_cast<double>(absorbing - 1);
  return static_cast<float>(1.0 - (depth < 0.0 ? 0.0 : damping * (depth * depth)));
}

/// The first row of one of the groups of all blocks.
__device__ __forceinline__ int first_row(int group, int rows) {
  return group * rows / (ResidentShots::kBlocks * ResidentShots::kGroups);
}

__global__ void __cluster_dims__(ResidentShots::kBlocks, 1, 1) __launch_bounds__(kThreads, 1)
    run(const __grid_constant__ ResidentShots shots) {
#if __CUDA_ARCH__ >= 900
  namespace cg = cooperative_groups;
  extern __shared__ float memory[];
  const cg::cluster_group cluster = cg::this_cluster();
  const int block = static_cast<int>(cluster.block_rank());
  const int rows = shots.nz + 2 * shots.absorbing;
  const int group = block * ResidentShots::kGroups + static_cast<int>(threadIdx.y);
  const auto block_row = [&](int of) { return first_row(of * ResidentShots::kGroups, rows); };

  Lane lane;
  lane.columns = shots.nx + 2 * shots.absorbing;
  lane.pitch = lane.columns + 2 * kHalo;
  lane.column = static_cast<int>(threadIdx.x);
  lane.active = lane.column < lane.columns;
  const int row = first_row(group, rows);
  lane.rows = first_row(group + 1, rows) - row;
  lane.row_in_block = row - block_row(block);
  lane.rows_in_block = block_row(block + 1) - block_row(block);
  lane.own = (lane.row_in_block + kHalo) * lane.pitch + lane.column + kHalo;
  lane.inside = outside(lane.column, shots.absorbing, shots.nx) == 0.0;
  const int receiver = lane.active ? shots.receiver_of_column[lane.column] : -1;
  const bool records = receiver >= 0 && shots.receiver_row >= row && shots.receiver_row < row + lane.rows;
  lane.receiver = records ? shots.receiver_row - row : -1;

  const int plane = (kBlockRows + 2 * kHalo) * lane.pitch;
  float* const row_kept = memory + 2 * plane;
  const int above = (block + ResidentShots::kBlocks - 1) % ResidentShots::kBlocks;
  const int rows_above = block_row(above + 1) - block_row(above);
  float* const above_plane =
      cluster.map_shared_rank(memory, above) + (kHalo + rows_above) * lane.pitch + lane.column + kHalo;
  float* const below_plane =
      cluster.map_shared_rank(memory, (block + 1) % ResidentShots::kBlocks) + lane.column + kHalo;

  const int clusters = static_cast<int>(gridDim.x) / ResidentShots::kBlocks;
  for (int i = static_cast<int>(blockIdx.x) / ResidentShots::kBlocks; i < shots.runs; i += clusters) {
    const int r = shots.first_run + i;
    const int model = r / shots.shots;
    const int shot = r % shots.shots;
    const double damping = shots.damping[model];
    const float* const velocity = shots.velocity + static_cast<std::int64_t>(model) * shots.nz * shots.nx;
    const int thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
    for (int at = thread; at < 2 * plane; at += kThreads) memory[at] = 0.0F;
    for (int at = thread; at < lane.rows_in_block; at += kThreads) {
      row_kept[at] = kept_at(block_row(block) + at, shots.absorbing, shots.nz, damping);
    }
    lane.column_kept = kept_at(lane.column, shots.absorbing, shots.nx, damping);
    const bool has_source = lane.column == shots.source_column[shot] && shots.source_row[shot] >= row &&
                            shots.source_row[shot] < row + lane.rows;
    lane.source = has_source ? shots.source_row[shot] - row : -1;

    float p[kRows] = {};
    float q[kRows] = {};
    float courant[kRows];
#pragma unroll
    for (int k = 0; k < kRows; ++k) {
      const int model_row = min(max(row + k - shots.absorbing, 0), shots.nz - 1);
      const int model_column = min(max(lane.column - shots.absorbing, 0), shots.nx - 1);
      const double ratio = velocity[model_row * shots.nx + model_column] * shots.cells_per_velocity;
      courant[k] = static_cast<float>(ratio * ratio);
    }
    cluster.sync();

    float* trace = shots.gathers + static_cast<std::int64_t>(r) * shots.samples * shots.receivers + max(receiver, 0);
    const float* const kept = row_kept + lane.row_in_block;
    const auto amount = [&](int n) { return n < shots.wavelet_samples ? shots.amounts[n] : 0.0F; };
    float* const first = memory + lane.own;
    for (int n = 0; n < shots.samples; n += 2) {
      step(lane, p, q, courant, first, first + plane, kept, {above_plane + plane, below_plane + plane}, amount(n),
           trace);
      trace += shots.receivers;
      cluster.sync();
      if (n + 1 == shots.samples) break;
      step(lane, q, p, courant, first + plane, first, kept, {above_plane, below_plane}, amount(n + 1), trace);
      trace += shots.receivers;
      cluster.sync();
    }
  }
#endif
}

}  // namespace strataform::wave::resident
