#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "strataform/core/context.h"
#include "strataform/data/dataset.h"
#include "strataform/geology/family.h"
#include "strataform/study/config.h"
#include "strataform/study/maps.h"

namespace strataform::study {

/// Samples with the fingerprint of everything in them.
struct Samples {
  std::shared_ptr<const data::Dataset> dataset;
  std::string fingerprint;
};

/// The data of a study, made when they are first asked for and kept in a folder. Every part has a seed of its own:
/// data.seed for the test sets, the next two for validation and the mixed set, one more for each of the study's seeds'
/// training sets. A training set of n samples is the first n of a larger one.
///
/// Functions that make data throw MismatchError where the folder holds data made otherwise, InputError for a velocity
/// model that is no source of windows, and InterruptedError when stop() or the context says so: what is finished stays.
class StudyData {
 public:
  /// decimation: of the model's input. stop is asked every few samples.
  StudyData(const StudyConfig& config, std::filesystem::path folder, std::int64_t decimation,
            std::function<bool()> stop, Context context = {});

  [[nodiscard]] const Samples& training(const DomainConfig& domain, std::uint64_t seed, std::int64_t size);
  [[nodiscard]] const Samples& validation(const DomainConfig& domain);
  [[nodiscard]] const Samples& test(const DomainConfig& domain);
  /// The ten families under OpenFWI's conditions, for forgetting.
  [[nodiscard]] const Samples& mixed();

 private:
  [[nodiscard]] const Samples& part(const DomainConfig& domain, Part part, std::uint64_t seed, std::int64_t count,
                                    const std::string& name);

  const StudyConfig& config_;
  std::filesystem::path folder_;
  std::int64_t decimation_;
  std::function<bool()> stop_;
  Context context_;
  std::map<std::string, Samples> opened_;
};

}  // namespace strataform::study
