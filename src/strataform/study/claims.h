#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "strataform/study/results.h"

namespace strataform::study {

enum class Verdict {
  kHolds,    ///< the whole 95 % interval lies on the claim's side of its limit
  kFails,    ///< the whole interval lies on the other side
  kOpen,     ///< the interval holds the limit, one seed gives no interval, or trainings diverged
  kMissing,  ///< no column has all seeds of both
};
/// "holds", "does not hold", "not decided", "not computed".
[[nodiscard]] std::string to_string(Verdict verdict);

/// One comparison: method's relative difference from the reference lies below a limit.
struct Finding {
  std::string text;    ///< "LoRA under 1 % against full fine-tuning, out of distribution"
  double limit = 0.0;  ///< as a share
  Results::Comparison comparison;
  std::int64_t planned = 0;  ///< columns of the configuration that the comparison is about
  Verdict verdict = Verdict::kMissing;
};

struct Claim {
  std::string statement;
  std::vector<Finding> findings;

  /// "holds", where all findings do; "holds in part", "does not hold", where some do not and none does; "not decided";
  /// "not computed".
  [[nodiscard]] std::string verdict() const;
  /// Whether no cell is missing that may change it.
  [[nodiscard]] bool is_complete() const;
};

/// The paper's claims and what the cells say about each.
[[nodiscard]] std::vector<Claim> check_claims(const Results& results);

[[nodiscard]] nlohmann::json to_json(const Claim& claim);

}  // namespace strataform::study
