#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "strataform/data/augmentation.h"
#include "strataform/data/dataset.h"
#include "strataform/data/input_spec.h"
#include "strataform/data/mirror.h"

namespace strataform::data {

struct Batch {
  std::int64_t count = 0;
  std::vector<float> gathers;   ///< [count, shots, input samples, receivers], normalised; empty where not asked for
  std::vector<float> velocity;  ///< [count, 1, nz, nx], normalised; empty where the dataset has no velocities
  std::vector<std::int64_t> indices;  ///< into the dataset
  std::vector<bool> flipped;
};

struct BatchOptions {
  std::int64_t batch_size = 32;
  /// Draws the samples of every epoch in a new order; otherwise they come in the dataset's order, once, the last
  /// batch being smaller where they do not divide.
  bool shuffle = true;
  std::uint64_t seed = 0;       ///< of the order, the flips and the augmentation
  Flip flip = Flip::kExact;     ///< with probability 1/2 for each sample drawn; unshuffled only with flip_all
  bool flip_all = false;        ///< unshuffled: every sample comes flipped
  Augmentation augmentation{};  ///< of the gathers, another one each time that a sample is drawn
  bool with_gathers = true;     ///< otherwise the gathers are not even read
  std::int64_t prefetch = 3;    ///< batches that a background thread prepares ahead
  int threads = 1;              ///< that share the work, all of them of its own where there are several
};

/// Prepares batches in a background thread while the caller computes.
///
/// batch(step) depends on nothing but the dataset, the options and step, so a resumed run sees what an uninterrupted
/// one would have seen. Shuffled epochs follow one another without a gap: batch(step) holds draws
/// step * batch_size and following, and draw d is entry d mod n of the permutation of epoch d / n; while some samples
/// are not available yet, the available one that it is congruent to. Of a dataset with windows draw d is any sample of
/// window(d).
class BatchLoader {
 public:
  /// Throws MismatchError where the dataset does not fit the model's input, UsageError for option values.
  BatchLoader(std::shared_ptr<const Dataset> dataset, const InputSpec& spec, const BatchOptions& options);
  ~BatchLoader();
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;
  BatchLoader(BatchLoader&&) = delete;
  BatchLoader& operator=(BatchLoader&&) = delete;

  /// Fast for consecutive steps; any other step starts the prefetching anew. Errors of the background thread are
  /// thrown here. Unshuffled, step is below steps_per_epoch(), else std::out_of_range. Not thread-safe.
  Batch batch(std::int64_t step);

  /// Batches in one pass over the dataset, rounded up.
  [[nodiscard]] std::int64_t steps_per_epoch() const;
  /// How long batch() has made its caller wait so far.
  [[nodiscard]] double seconds_waiting() const;
  /// Whether the options and the dataset's shots let samples be flipped at all.
  [[nodiscard]] bool flips() const;

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace strataform::data
