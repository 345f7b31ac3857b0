#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "strataform/core/context.h"
#include "strataform/study/cell.h"
#include "strataform/study/config.h"
#include "strataform/study/study_data.h"
#include "strataform/study/trial.h"

namespace strataform::study {

/// What the page shows of a domain and, for chosen cells, of the maps they predict.
struct ExampleFiles {
  std::filesystem::path folder;

  [[nodiscard]] std::filesystem::path truth(const std::string& domain) const { return folder / (domain + ".npy"); }
  [[nodiscard]] std::filesystem::path prediction(const CellKey& key) const { return folder / (key.name() + ".npy"); }
};

/// Whether the predictions of a cell are kept for the page: zero-shot, and the first seed's.
[[nodiscard]] bool keeps_examples(const StudyConfig& config, const CellKey& key);

/// What tells whether a base model is the one that cells were computed with.
struct BaseFingerprints {
  std::string weights;
  std::string input;  ///< of what its input is and how it is normalised

  bool operator==(const BaseFingerprints&) const = default;
};
[[nodiscard]] BaseFingerprints fingerprints_of(const model::Model& base);

/// Computes cells one learning rate at a time and keeps each cell after every one of them.
class CellRunner {
 public:
  /// stop is asked before every training; the context, whose listener hears nothing, within one as well. base: of the
  /// model config.base.
  CellRunner(const StudyConfig& config, BaseFingerprints base, StudyData& data, CellStore& store, ExampleFiles examples,
             std::function<bool()> stop, const Context& context = {});

  /// Goes on with a cell until it has a trial at each of these learning rates; one with trials at others begins anew.
  /// Throws InterruptedError when stop() or the context says so, MismatchError where model or data are not those of
  /// other cells.
  void run(StudyCell& cell, const DomainConfig& domain, const MethodConfig& method, const std::vector<double>& rates);

 private:
  /// The file may have been replaced since the study began.
  [[nodiscard]] model::Model load_base(const std::string& device) const;
  [[nodiscard]] CellData prepare(StudyCell& cell, const DomainConfig& domain, const MethodConfig& method);
  void run_zero_shot(StudyCell& cell, const DomainConfig& domain, const CellData& data);
  void run_trial(StudyCell& cell, const DomainConfig& domain, const MethodConfig& method, const CellData& data,
                 double learning_rate);
  void keep_examples(const StudyCell& cell, const DomainConfig& domain, const model::Model& model,
                     const data::Dataset& test) const;
  [[nodiscard]] const MixedErrors& base_errors(const data::Dataset& mixed);

  const StudyConfig& config_;
  BaseFingerprints base_;
  StudyData& data_;
  CellStore& store_;
  ExampleFiles examples_;
  std::function<bool()> stop_;
  Context context_;  ///< silent: what each training says of itself would bury what the study says
  std::optional<MixedErrors> base_errors_;
};

}  // namespace strataform::study
