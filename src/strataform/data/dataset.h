#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "strataform/core/context.h"
#include "strataform/core/random.h"
#include "strataform/data/gather_source.h"
#include "strataform/data/openfwi_layout.h"

namespace strataform::data {

/// Consecutive samples.
struct SampleWindow {
  std::int64_t begin = 0;
  std::int64_t end = 0;  ///< behind the last one
};

/// Gathers with the velocity maps that they were shot over. Reading is thread-safe and touches one sample only.
class Dataset : public GatherSource {
 public:
  /// Of one map [nz, nx]; 0 where the dataset was opened without velocities.
  [[nodiscard]] virtual std::int64_t nz() const = 0;
  [[nodiscard]] virtual std::int64_t nx() const = 0;
  /// "flatvel-a"; the folder's own name where it is none of the known families.
  [[nodiscard]] virtual const std::string& family(std::int64_t index) const = 0;
  /// Writes nz() * nx() velocities in m/s. Throws InputError, naming file and sample, for NaN, infinity and values
  /// outside kMinPlausibleVelocity..kMaxPlausibleVelocity.
  virtual void read_velocity(std::int64_t index, std::span<float> out) const = 0;

  /// Samples 0..available() - 1 can be read by now: all of them, but for a SampleStream.
  [[nodiscard]] virtual std::int64_t available() const { return size(); }
  /// Nothing, but for a stream that lets samples go again: those that draw number `draw` of a training is one of. Draws
  /// come in order; returns when all of the samples can be read.
  [[nodiscard]] virtual std::optional<SampleWindow> window(std::int64_t /*draw*/) const { return std::nullopt; }

  [[nodiscard]] bool has_velocity() const { return nz() > 0; }
};

inline constexpr float kMinPlausibleVelocity = 1000.0F;  ///< m/s
inline constexpr float kMaxPlausibleVelocity = 8000.0F;
/// Maps without a faster cell are taken to be in km/s.
inline constexpr float kFastestInKilometres = kMaxPlausibleVelocity / 1000.0F;

struct DatasetOptions {
  Split split = Split::kAll;
  std::string family{};    ///< empty: all families
  std::int64_t limit = 0;  ///< at most so many samples of each family, spread evenly over its files; 0: all
  bool require_velocity = true;
};

/// The files that open_dataset() opens, its limit aside. Throws as it does, never returns an empty list.
std::vector<FamilyFolder> select_family_folders(const std::filesystem::path& path, const DatasetOptions& options);

/// Opens a folder with OpenFWI's files, also below data/ and model/, or a folder of such folders, one per family.
/// All parts must agree in shape. Warns of one that is not complete. Throws IoError, InputError, and UsageError for an
/// unknown family.
std::unique_ptr<Dataset> open_dataset(const std::filesystem::path& path, const DatasetOptions& options = {},
                                      const Context& context = {});

/// The chosen samples of a dataset, in the order of indices.
std::unique_ptr<Dataset> make_subset(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> indices);

/// The samples of a dataset with white noise of a signal-to-noise ratio in their gathers (data::add_noise). Each sample
/// has its own noise, whenever it is read. Throws UsageError where the ratio is not a finite number.
std::unique_ptr<Dataset> make_noisy(std::shared_ptr<const Dataset> dataset, double decibels);

/// The samples of several datasets, one after the other. Throws MismatchError when they differ in shape.
std::unique_ptr<Dataset> concatenate(std::vector<std::shared_ptr<const Dataset>> datasets);

/// Of the gathers and velocities of so many samples, at most all, spread evenly over those that are available.
std::string fingerprint_of(const Dataset& dataset, std::int64_t samples);

/// The indices of each family in the dataset's order, families by name.
std::vector<std::vector<std::int64_t>> indices_by_family(const Dataset& dataset);

/// Indices of a dataset for training and for watching its progress.
struct TrainValidation {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> validation;
};
/// Draws round(share * n) of the n samples of every family for validation, at least one of them and at most all but
/// one. share in [0, 1); 0 takes none.
TrainValidation split_by_share(const Dataset& dataset, double share, std::uint64_t seed);

/// Puts values in random order (Fisher and Yates).
void shuffle(Random& random, std::vector<std::int64_t>& values);

}  // namespace strataform::data
