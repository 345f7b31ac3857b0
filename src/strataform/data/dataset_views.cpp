#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>

#include "strataform/core/error.h"
#include "strataform/core/fingerprint.h"
#include "strataform/core/random.h"
#include "strataform/core/spread.h"
#include "strataform/data/augmentation.h"
#include "strataform/data/dataset.h"

namespace strataform::data {
namespace {

class Subset : public Dataset {
 public:
  Subset(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> indices)
      : dataset_(std::move(dataset)), indices_(std::move(indices)) {}

  [[nodiscard]] std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  [[nodiscard]] GatherShape gather_shape() const override { return dataset_->gather_shape(); }
  [[nodiscard]] std::int64_t nz() const override { return dataset_->nz(); }
  [[nodiscard]] std::int64_t nx() const override { return dataset_->nx(); }
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override { return dataset_->modelling(); }
  [[nodiscard]] std::optional<survey::Modelling> modelling_of(std::int64_t index) const override {
    return dataset_->modelling_of(at(index));
  }
  [[nodiscard]] std::string name() const override { return dataset_->name(); }
  [[nodiscard]] const std::string& family(std::int64_t index) const override { return dataset_->family(at(index)); }
  void read_gathers(std::int64_t index, std::span<float> out) const override { dataset_->read_gathers(at(index), out); }
  void read_velocity(std::int64_t index, std::span<float> out) const override {
    dataset_->read_velocity(at(index), out);
  }

 private:
  [[nodiscard]] std::int64_t at(std::int64_t index) const { return indices_.at(static_cast<std::size_t>(index)); }

  std::shared_ptr<const Dataset> dataset_;
  std::vector<std::int64_t> indices_;
};

class Noisy : public Subset {
 public:
  Noisy(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> all, double decibels)
      : Subset(std::move(dataset), std::move(all)), decibels_(decibels) {}

  void read_gathers(std::int64_t index, std::span<float> out) const override {
    Subset::read_gathers(index, out);
    Random random(stream_of("noisy-dataset"), static_cast<std::uint64_t>(index));
    add_noise(out, gather_shape(), decibels_, random);
  }

 private:
  double decibels_;
};

class Concatenation : public Dataset {
 public:
  explicit Concatenation(std::vector<std::shared_ptr<const Dataset>> datasets) : datasets_(std::move(datasets)) {
    for (const auto& dataset : datasets_) {
      require_same(*dataset);
      first_.push_back(size_);
      size_ += dataset->size();
    }
  }

  [[nodiscard]] std::int64_t size() const override { return size_; }
  [[nodiscard]] GatherShape gather_shape() const override { return front().gather_shape(); }
  [[nodiscard]] std::int64_t nz() const override { return front().nz(); }
  [[nodiscard]] std::int64_t nx() const override { return front().nx(); }
  [[nodiscard]] std::optional<survey::Modelling> modelling() const override { return front().modelling(); }
  [[nodiscard]] std::optional<survey::Modelling> modelling_of(std::int64_t index) const override {
    const std::size_t part = part_of(index);
    return datasets_[part]->modelling_of(index - first_[part]);
  }
  [[nodiscard]] std::string name() const override { return front().name(); }
  [[nodiscard]] const std::string& family(std::int64_t index) const override {
    const std::size_t part = part_of(index);
    return datasets_[part]->family(index - first_[part]);
  }
  void read_gathers(std::int64_t index, std::span<float> out) const override {
    const std::size_t part = part_of(index);
    datasets_[part]->read_gathers(index - first_[part], out);
  }
  void read_velocity(std::int64_t index, std::span<float> out) const override {
    const std::size_t part = part_of(index);
    datasets_[part]->read_velocity(index - first_[part], out);
  }

 private:
  [[nodiscard]] const Dataset& front() const { return *datasets_.front(); }

  [[nodiscard]] std::size_t part_of(std::int64_t index) const {
    return static_cast<std::size_t>(std::distance(first_.begin(), std::ranges::upper_bound(first_, index)) - 1);
  }

  void require_same(const Dataset& other) const {
    if (other.gather_shape() != gather_shape()) {
      throw MismatchError(fmt::format("{}: expected {} as in {}, found {}", other.name(), describe(gather_shape()),
                                      name(), describe(other.gather_shape())));
    }
    if (other.nz() != nz() || other.nx() != nx()) {
      throw MismatchError(fmt::format("{}: expected maps of {} x {} cells as in {}, found {} x {}", other.name(), nz(),
                                      nx(), name(), other.nz(), other.nx()));
    }
    if (other.modelling() != front().modelling()) {
      throw MismatchError(fmt::format("{}: expected the survey of {}, found another", other.name(), name()));
    }
  }

  std::vector<std::shared_ptr<const Dataset>> datasets_;
  std::vector<std::int64_t> first_;  ///< index of the first sample of each dataset
  std::int64_t size_ = 0;
};

}  // namespace

std::unique_ptr<Dataset> make_subset(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> indices) {
  return std::make_unique<Subset>(std::move(dataset), std::move(indices));
}

std::unique_ptr<Dataset> make_noisy(std::shared_ptr<const Dataset> dataset, double decibels) {
  if (!std::isfinite(decibels)) throw UsageError(fmt::format("noise: expected decibels, found {}", decibels));
  std::vector<std::int64_t> all(static_cast<std::size_t>(dataset->size()));
  std::iota(all.begin(), all.end(), std::int64_t{0});
  return std::make_unique<Noisy>(std::move(dataset), std::move(all), decibels);
}

std::unique_ptr<Dataset> concatenate(std::vector<std::shared_ptr<const Dataset>> datasets) {
  return std::make_unique<Concatenation>(std::move(datasets));
}

std::string fingerprint_of(const Dataset& dataset, std::int64_t samples) {
  Fingerprint fingerprint;
  std::vector<float> gathers(static_cast<std::size_t>(dataset.gather_shape().size()));
  std::vector<float> map(static_cast<std::size_t>(dataset.nz() * dataset.nx()));
  for (const std::int64_t index : evenly_spread(dataset.available(), samples)) {
    dataset.read_gathers(index, gathers);
    dataset.read_velocity(index, map);
    fingerprint.add(std::span<const float>(gathers));
    fingerprint.add(std::span<const float>(map));
  }
  return fingerprint.text();
}

std::vector<std::vector<std::int64_t>> indices_by_family(const Dataset& dataset) {
  std::map<std::string, std::vector<std::int64_t>> families;
  for (std::int64_t index = 0; index < dataset.size(); ++index) families[dataset.family(index)].push_back(index);
  std::vector<std::vector<std::int64_t>> lists;
  lists.reserve(families.size());
  for (auto& [name, members] : families) lists.push_back(std::move(members));
  return lists;
}

TrainValidation split_by_share(const Dataset& dataset, double share, std::uint64_t seed) {
  if (!(share >= 0.0 && share < 1.0)) {
    throw UsageError(fmt::format("validation share: expected 0 or more and below 1, found {}", share));
  }
  Random random(seed, stream_of("validation"));
  TrainValidation split;
  for (std::vector<std::int64_t>& members : indices_by_family(dataset)) {
    shuffle(random, members);
    const auto size = static_cast<std::int64_t>(members.size());
    const std::int64_t wanted = std::max<std::int64_t>(1, std::llround(share * static_cast<double>(size)));
    const std::int64_t held_out = share == 0.0 ? 0 : std::min(wanted, size - 1);  // one is left to train on
    split.train.insert(split.train.end(), members.begin(), members.end() - held_out);
    split.validation.insert(split.validation.end(), members.end() - held_out, members.end());
  }
  std::ranges::sort(split.train);
  std::ranges::sort(split.validation);
  return split;
}

void shuffle(Random& random, std::vector<std::int64_t>& values) {
  for (std::size_t i = values.size(); i > 1; --i) {
    const auto other = static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(i) - 1));
    std::swap(values[i - 1], values[other]);
  }
}

}  // namespace strataform::data
