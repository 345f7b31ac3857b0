#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "strataform/core/context.h"
#include "strataform/core/parallel.h"

namespace strataform::bench {

/// What all threads together can do at most; a kernel's least time follows from it.
struct MachineFloor {
  double bytes_per_second = 0.0;  ///< of arrays far larger than the caches
  double flops_per_second = 0.0;  ///< of float32 multiply-adds in registers, two each
};

template <int Bytes>
struct Simd {
  // Where an alias declaration could stand gcc ignores a size that depends on the template. NOLINTNEXTLINE
  typedef float Vector __attribute__((vector_size(Bytes)));
};

inline constexpr int kChains = 12;

/// Twelve independent chains hide the latency of a multiply-add and fit 16 registers. Inlined, or it would be compiled
/// for the processor that all can run on.
template <int Bytes>
[[gnu::always_inline]] inline float multiply_add(std::int64_t rounds, float factor) {
  using Vector = typename Simd<Bytes>::Vector;
  Vector chains[kChains];
  for (int k = 0; k < kChains; ++k) chains[k] = Vector{} + static_cast<float>(k);
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int k = 0; k < kChains; ++k) chains[k] = chains[k] * factor + 1.0F;
  }
  Vector sum{};
  for (const Vector& chain : chains) sum += chain;
  return sum[0];
}

inline float multiply_add_portable(std::int64_t rounds, float factor) { return multiply_add<16>(rounds, factor); }
#ifdef __x86_64__
[[gnu::target("avx512f,fma")]] inline float multiply_add_avx512(std::int64_t rounds, float factor) {
  return multiply_add<64>(rounds, factor);
}
[[gnu::target("avx2,fma")]] inline float multiply_add_avx2(std::int64_t rounds, float factor) {
  return multiply_add<32>(rounds, factor);
}
#endif

inline int all_threads() { return Context{}.thread_count(); }

/// Calls work(part) for one part for each thread; the seconds of the fastest of several tries.
template <class Work>
double least_seconds(const Work& work) {
  double least = std::numeric_limits<double>::infinity();
  for (int repetition = 0; repetition < 5; ++repetition) {
    const auto start = std::chrono::steady_clock::now();
    parallel_for(all_threads(), all_threads(), [&](std::int64_t part, int /*worker*/) { work(part); });
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return least;
}

/// The triad a = b + s a. It writes what it has read, as a time step does, so that its traffic is three values a cell;
/// an array that is only written is read by some machines before and by others not.
inline double measure_bytes_per_second() {
  const std::int64_t cells = (std::int64_t{1} << 26) / all_threads();  // of a part
  const auto size = static_cast<std::size_t>(cells * all_threads());
  // Not initialised, so that the threads' first touch places the parts.
  const auto a = std::make_unique_for_overwrite<float[]>(size);
  const auto b = std::make_unique_for_overwrite<float[]>(size);
  parallel_for(all_threads(), all_threads(), [&](std::int64_t part, int /*worker*/) {
    std::fill_n(a.get() + part * cells, cells, 1.0F);
    std::fill_n(b.get() + part * cells, cells, 1.0F);
  });
  const double seconds = least_seconds([&](std::int64_t part) {
    float* __restrict to = a.get() + part * cells;
    const float* __restrict from = b.get() + part * cells;
    for (std::int64_t i = 0; i < cells; ++i) to[i] = from[i] + 0.5F * to[i];
  });
  return 3.0 * sizeof(float) * static_cast<double>(size) / seconds;
}

/// instruction_set: the name of a stencil kernel, whose vectors are used.
inline double measure_flops_per_second(const std::string& instruction_set) {
  constexpr std::int64_t kRounds = 10'000'000;
  auto* work = multiply_add_portable;
  int vector_bytes = 16;
#ifdef __x86_64__
  if (instruction_set == "avx512") {
    work = multiply_add_avx512;
    vector_bytes = 64;
  } else if (instruction_set == "avx2") {
    work = multiply_add_avx2;
    vector_bytes = 32;
  }
#endif
  float factor = 0.5F;
  benchmark::DoNotOptimize(factor);  // else it is a constant
  const double seconds =
      least_seconds([&](std::int64_t /*thread*/) { benchmark::DoNotOptimize(work(kRounds, factor)); });
  const double lanes = static_cast<double>(vector_bytes) / sizeof(float);
  return 2.0 * kChains * lanes * static_cast<double>(kRounds * all_threads()) / seconds;
}

inline MachineFloor measure_floor(const std::string& instruction_set) {
  return {measure_bytes_per_second(), measure_flops_per_second(instruction_set)};
}

}  // namespace strataform::bench
