#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "strataform/core/random.h"
#include "strataform/survey/openfwi.h"

namespace strataform::geology {

/// The range of every velocity that is generated, in m/s.
inline constexpr double kMinVelocity = 1500.0;
inline constexpr double kMaxVelocity = 4500.0;

/// Size of a map in cells, depth first; OpenFWI's unless it is given. At least 8 x 8. Layer thickness, folds and throws
/// scale with nz; the correlation lengths of Style are in cells, whatever the size.
struct MapSize {
  std::int64_t nz = survey::Openfwi::kRows;
  std::int64_t nx = survey::Openfwi::kColumns;
};

/// A generator of velocity maps of one kind of geology. Stateless: one object serves all threads.
class Family {
 public:
  virtual ~Family() = default;
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;
  Family(Family&&) = delete;
  Family& operator=(Family&&) = delete;

  /// A map [nz, nx], row-major, in m/s within kMinVelocity..kMaxVelocity, integers except in Style. layers is one of
  /// layer_groups(), 0 where there are none. Prefer generate_map(), which checks its arguments.
  [[nodiscard]] virtual std::vector<float> generate(Random& random, const MapSize& size, int layers) const = 0;

  /// Lower case with a hyphen, "flatvel-a": what the command line accepts.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// As OpenFWI writes it, "FlatVel-A": what figures show.
  [[nodiscard]] const std::string& title() const { return title_; }
  /// The numbers of layers by which OpenFWI groups the files of a Fault family (vel2_1_0.npy has two layers); empty
  /// for the other families.
  [[nodiscard]] const std::vector<int>& layer_groups() const { return layer_groups_; }

 protected:
  explicit Family(std::string title, std::vector<int> layer_groups = {});

 private:
  std::string name_;
  std::string title_;
  std::vector<int> layer_groups_;
};

/// OpenFWI's ten families: flatvel, curvevel, flatfault, curvefault and style, each as a and b.
const std::vector<const Family*>& families();

/// Geology outside the ten, for tests of generalisation; never part of "all families".
const std::vector<const Family*>& extra_families();

/// Finds a family of either list. "CurveFault_B" and "curvefault-b" mean the same. An unknown name is a UsageError
/// that lists the known ones and suggests the nearest.
const Family& find_family(const std::string& name);

/// Sample index of a seed: the same whatever was generated before it, on whatever thread. Samples of a family with
/// layer_groups() take them in turn, by index, unless layers names one. Throws UsageError for a size below 8 x 8 and
/// for a number of layers that is neither 0 nor one of the family's groups.
std::vector<float> generate_map(const Family& family, std::uint64_t seed, std::uint64_t index, const MapSize& size = {},
                                int layers = 0);

}  // namespace strataform::geology
