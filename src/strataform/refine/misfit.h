#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace strataform::refine {

/// How far a modelled gather d is from the recorded one, o: a sum over traces and time. Each has a file in misfits/ and
/// a line in misfits.def.
struct Misfit {
  std::string name;  ///< "cross-correlation"
  /// It is 1/2 (d - o)^2, of which Gauss-Newton matrices are and in which noise is measured.
  bool is_least_squares = false;
  /// The misfit of one gather, [samples, traces], and its derivative by every modelled sample. Safe from several
  /// threads.
  double (*evaluate)(std::int64_t traces, std::span<const float> modelled, std::span<const float> recorded,
                     std::span<float> derivative) = nullptr;
};

/// In the order of misfits.def.
[[nodiscard]] const std::vector<Misfit>& misfits();
[[nodiscard]] std::vector<std::string> misfit_names();

/// Throws UsageError, listing the misfits, for an unknown name.
[[nodiscard]] const Misfit& find_misfit(const std::string& name);

}  // namespace strataform::refine
