#include "strataform/data/batch_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include "strataform/core/error.h"
#include "strataform/core/parallel.h"
#include "strataform/core/random.h"
#include "strataform/data/input_reader.h"
#include "strataform/data/recording_augmentation.h"

namespace strataform::data {
namespace {

void check(const BatchOptions& options) {
  if (options.batch_size < 1) {
    throw UsageError(fmt::format("`batch_size`: expected at least 1, found {}", options.batch_size));
  }
  if (options.prefetch < 1) {
    throw UsageError(fmt::format("prefetched batches: expected at least 1, found {}", options.prefetch));
  }
}

}  // namespace

class BatchLoader::Worker {
 public:
  Worker(std::shared_ptr<const Dataset> dataset, const InputSpec& spec, const BatchOptions& options)
      : dataset_(std::move(dataset)), spec_(spec), options_(options), shape_(dataset_->gather_shape()),
        reader_(*dataset_, spec_, spec_.any_survey ? survey::ShotImage::kColumns : dataset_->nx(),
                options.shuffle || options.flip_all ? options.flip : Flip::kNever),
        stored_(static_cast<std::size_t>(std::max(1, options.threads))) {
    check(options);
    if (dataset_->size() == 0) throw InputError(fmt::format("{}: expected examples, found none", dataset_->name()));
  }

  Batch get(std::int64_t step) {
    if (step < 0 || (!options_.shuffle && step >= steps_per_epoch())) {
      throw std::out_of_range(fmt::format("batch {} of {}", step, steps_per_epoch()));
    }
    const auto start = std::chrono::steady_clock::now();
    if (step != expected_step_) restart(step);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !queue_.empty() || error_; });
    waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (queue_.empty()) {
      expected_step_ = -1;
      std::rethrow_exception(error_);
    }
    Batch batch = std::move(queue_.front());
    queue_.pop_front();
    expected_step_ = step + 1;
    changed_.notify_all();
    return batch;
  }

  [[nodiscard]] std::int64_t steps_per_epoch() const {
    return (dataset_->size() + options_.batch_size - 1) / options_.batch_size;
  }
  [[nodiscard]] double seconds_waiting() const { return waited_; }
  [[nodiscard]] bool flips() const { return reader_.mirrors(); }

 private:
  void restart(std::int64_t step) {
    thread_ = {};  // stops and joins
    queue_.clear();
    error_ = nullptr;
    thread_ = std::jthread([this, step](const std::stop_token& stop) { produce(stop, step); });
  }

  /// The background thread: fills the queue until it is stopped, fails or has made the last batch.
  void produce(const std::stop_token& stop, std::int64_t step) {
    try {
      for (; options_.shuffle || step < steps_per_epoch(); ++step) {
        Batch batch = make(step);
        std::unique_lock lock(mutex_);
        const auto has_room = [this] { return std::ssize(queue_) < options_.prefetch; };
        if (!changed_.wait(lock, stop, has_room)) return;
        queue_.push_back(std::move(batch));
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
      changed_.notify_all();
    }
  }

  Batch make(std::int64_t step) {
    const std::int64_t first = step * options_.batch_size;
    Batch batch;
    batch.count = options_.shuffle ? options_.batch_size : std::min(options_.batch_size, dataset_->size() - first);
    const auto count = static_cast<std::size_t>(batch.count);
    const auto input_size = static_cast<std::size_t>(spec_.input_size());
    const auto map_size = static_cast<std::size_t>(dataset_->nz() * dataset_->nx());
    if (options_.with_gathers) batch.gathers.resize(count * input_size);
    batch.velocity.resize(count * map_size);
    for (std::int64_t draw = first; draw < first + batch.count; ++draw) {
      batch.indices.push_back(options_.shuffle ? drawn(draw) : draw);
      batch.flipped.push_back(reader_.mirrors() && (options_.flip_all || flips_draw(draw)));
    }
    const auto prepare = [&](std::int64_t sample, int worker) {
      const auto k = static_cast<std::size_t>(sample);
      const std::int64_t index = batch.indices[k];
      if (options_.with_gathers) {
        std::vector<float>& stored = stored_[static_cast<std::size_t>(worker)];
        stored.resize(static_cast<std::size_t>(shape_.size()));
        dataset_->read_gathers(index, stored);
        std::optional<survey::Modelling> modelling = reader_.modelling_of(index);
        augment_draw(first + sample, modelling, stored);
        reader_.prepare(modelling, stored, batch.flipped[k],
                        std::span(batch.gathers).subspan(k * input_size, input_size));
      }
      if (map_size == 0) return;
      const std::span<float> map = std::span(batch.velocity).subspan(k * map_size, map_size);
      dataset_->read_velocity(index, map);
      if (batch.flipped[k]) flip_map(dataset_->nx(), map);
      normalize_velocity(spec_.normalization, map, map);
    };
    parallel_for(batch.count, options_.threads, prepare);
    return batch;
  }

  [[nodiscard]] bool flips_draw(std::int64_t draw) const {
    return Random(options_.seed, stream_of("flip") + static_cast<std::uint64_t>(draw)).chance(0.5);
  }

  void augment_draw(std::int64_t draw, std::optional<survey::Modelling>& modelling, std::span<float> stored) const {
    Random random(options_.seed, stream_of("augment") + static_cast<std::uint64_t>(draw));
    if (!spec_.any_survey) {
      augment(options_.augmentation, shape_, modelling, stored, random);
    } else if (random.chance(options_.augmentation.share)) {
      vary_recording(shape_, modelling.value(), stored, random);
    }
  }

  std::int64_t drawn(std::int64_t draw) {
    const std::optional<SampleWindow> window = dataset_->window(draw);
    if (!window) return shuffled(draw) % dataset_->available();
    Random random(options_.seed, stream_of("window") + static_cast<std::uint64_t>(draw));
    return random.integer(window->begin, window->end - 1);
  }

  std::int64_t shuffled(std::int64_t draw) {
    const std::int64_t epoch = draw / dataset_->size();
    if (epoch != epoch_) {
      Random random(options_.seed, stream_of("epoch") + static_cast<std::uint64_t>(epoch));
      order_.resize(static_cast<std::size_t>(dataset_->size()));
      std::iota(order_.begin(), order_.end(), 0);
      shuffle(random, order_);
      epoch_ = epoch;
    }
    return order_[static_cast<std::size_t>(draw % dataset_->size())];
  }

  const std::shared_ptr<const Dataset> dataset_;
  const InputSpec spec_;
  const BatchOptions options_;
  const GatherShape shape_;
  const InputReader reader_;

  // Of the background thread alone.
  std::vector<std::vector<float>> stored_;  ///< scratch of each thread
  std::vector<std::int64_t> order_;
  std::int64_t epoch_ = -1;

  // Of the caller's thread alone.
  std::int64_t expected_step_ = -1;
  double waited_ = 0.0;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Batch> queue_;   ///< guarded by mutex_
  std::exception_ptr error_;  ///< guarded by mutex_
  std::jthread thread_;       ///< last, so that it has ended before the rest is destroyed
};

BatchLoader::BatchLoader(std::shared_ptr<const Dataset> dataset, const InputSpec& spec, const BatchOptions& options)
    : worker_(std::make_unique<Worker>(std::move(dataset), spec, options)) {}

BatchLoader::~BatchLoader() = default;

Batch BatchLoader::batch(std::int64_t step) { return worker_->get(step); }

std::int64_t BatchLoader::steps_per_epoch() const { return worker_->steps_per_epoch(); }

double BatchLoader::seconds_waiting() const { return worker_->seconds_waiting(); }

bool BatchLoader::flips() const { return worker_->flips(); }

}  // namespace strataform::data
