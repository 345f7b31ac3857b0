#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "strataform/core/choice.h"

/// What is measured and how it is modelled, in metres and seconds throughout.
namespace strataform::survey {

/// A place in the section below a line.
struct Point {
  double x = 0.0;  ///< along the line, m
  double z = 0.0;  ///< depth, m, positive down
  bool operator==(const Point&) const = default;
};

/// One source and what records it.
struct Shot {
  Point source{};
  std::vector<Point> receivers{};
  bool operator==(const Shot&) const = default;
};

/// Where is shot and recorded, and for how long. The gathers of one model are those of the shots, one after another,
/// each [samples, its receivers]: [shots, samples, receivers] where every shot has as many.
struct Survey {
  std::vector<Shot> shots{};
  std::int64_t samples = 0;      ///< of every trace
  double sample_interval = 0.0;  ///< s; sample k, from 0 on, is recorded k + 1 of them after the sources begin
  bool operator==(const Survey&) const = default;
};

/// What the sources of all shots send out.
struct Source {
  double peak_frequency = 0.0;    ///< Hz, of the Ricker wavelet or of what stands in `wavelet`
  std::vector<double> wavelet{};  ///< another wavelet; empty: Ricker's
  double time_step = 0.0;         ///< of `wavelet`, s; without meaning for Ricker's
  double amplitude = 1.0;         ///< by which the wavelet is multiplied
  double delay = 0.0;             ///< by which it begins later, s
  bool operator==(const Source&) const = default;
};

/// What takes up the waves that leave the model: one value for each line of absorbers.def.
#define STRATAFORM_ABSORBER(kind, name, help, factory) kind,
enum class Absorber {
#include "strataform/survey/absorbers.def"
};
#undef STRATAFORM_ABSORBER
#define STRATAFORM_ABSORBER(kind, name, help, factory) {name, Absorber::kind},
inline constexpr Choice<Absorber> kAbsorbers[] = {
#include "strataform/survey/absorbers.def"
};
#undef STRATAFORM_ABSORBER

/// What it is and how many cells it needs, for people: "a perfectly matched layer: 20".
[[nodiscard]] const char* description_of(Absorber absorber);

/// The finite differences.
struct Scheme {
  double time_step = 0.0;        ///< s, of which the sample interval is a whole multiple
  std::int64_t space_order = 4;  ///< 2, 4 or 8
  Absorber absorber = Absorber::kSponge;
  std::int64_t absorbing_cells = 0;  ///< on each side, at least 2
  double sponge_velocity = 0.0;      ///< that the sponge is as strong for, m/s; 0: the map's smallest, as OpenFWI's
  /// The model's first row is a free surface, where the pressure is zero and nothing absorbs, instead of an absorbing
  /// side.
  bool free_surface = false;
  /// How far to both sides of its source and receivers a shot is modelled, m. Infinite: as far as a wave can go and
  /// still come back to a receiver within the record.
  double aperture = std::numeric_limits<double>::infinity();
  bool operator==(const Scheme&) const = default;
};

/// Square cells, row by row from the top.
struct Grid {
  std::int64_t nz = 0, nx = 0;  ///< rows and columns; 0: not known, as files from before 2026-12 do not tell
  double spacing = 0.0;         ///< of the cells' centres, m
  Point origin{};               ///< the centre of the cell in row 0 and column 0

  [[nodiscard]] std::int64_t cells() const { return nz * nx; }
  /// The place of a cell's centre, or of one between centres.
  [[nodiscard]] Point at(double row, double column) const {
    return {origin.x + column * spacing, origin.z + row * spacing};
  }
  bool operator==(const Grid&) const = default;
};

/// The grid with this extent where its own is not known.
[[nodiscard]] inline Grid with_extent(Grid grid, std::int64_t nz, std::int64_t nx) {
  if (grid.cells() == 0) {
    grid.nz = nz;
    grid.nx = nx;
  }
  return grid;
}

/// How gathers were or are to be modelled.
struct Modelling {
  Grid grid{};
  Survey survey{};
  Source source{};
  Scheme scheme{};
  bool operator==(const Modelling&) const = default;
};

/// The same with another source wavelet, one value for each of the scheme's time steps.
[[nodiscard]] Modelling with_wavelet(Modelling modelling, std::vector<double> wavelet);

/// How many receivers every shot has, where all have as many.
[[nodiscard]] std::optional<std::int64_t> common_receivers(const Survey& survey);

/// Whether all shots have the very same receivers.
[[nodiscard]] bool has_common_receivers(const Survey& survey);

/// Values of the gathers of one model.
[[nodiscard]] std::int64_t gather_size(const Survey& survey);

/// `count` of the places 0 to size - 1, the first and the last among them, evenly spread and rounded, halves to the
/// even one; the middle for one.
[[nodiscard]] std::vector<std::int64_t> spread_between_ends(std::int64_t size, std::int64_t count);

}  // namespace strataform::survey
