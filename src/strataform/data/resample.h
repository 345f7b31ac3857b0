#pragma once

#include <memory>
#include <optional>

#include "strataform/data/dataset.h"

namespace strataform::data {

/// From one time between two recorded samples to another, both in s.
struct SampleIntervals {
  double from = 0.0;
  double to = 0.0;
};

/// Gathers whose time samples are interpolated, so that they lie `to` apart instead of `from`: by a windowed sinc that
/// keeps what both can hold. The record stays as long, and its last sample counts as the one before it, as everywhere.
/// The intervals may be equal. Throws UsageError where one is not positive, MismatchError for gathers that are means
/// over time samples, or of which a dataset.json tells another interval than `from`.
[[nodiscard]] std::unique_ptr<GatherSource> resampled(std::shared_ptr<const GatherSource> source,
                                                      const SampleIntervals& intervals);
[[nodiscard]] std::unique_ptr<Dataset> resampled(std::shared_ptr<const Dataset> dataset,
                                                 const SampleIntervals& intervals);

}  // namespace strataform::data
