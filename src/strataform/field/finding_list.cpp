#include "strataform/field/finding_list.h"

#include <utility>

namespace strataform::field {

void FindingList::add(HeaderFinding finding) {
  constexpr std::size_t kMostTexts = 100;
  if (findings_.size() >= kMostTexts && !places_.contains(finding.text)) {
    finding.text = "other words are wrong, too";
    finding.is_error = true;
  }
  const auto [place, is_new] = places_.try_emplace(finding.text, findings_.size());
  if (is_new) {
    findings_.push_back(std::move(finding));
  } else {
    findings_[place->second].traces += finding.traces;
  }
}

}  // namespace strataform::field
