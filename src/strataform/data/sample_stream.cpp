#include "strataform/data/sample_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include "strataform/core/error.h"
#include "strataform/core/interrupt.h"
#include "strataform/core/parallel.h"
#include "strataform/core/progress.h"
#include "strataform/data/input_spec.h"
#include "strataform/io/half.h"
#include "strataform/wave/propagator.h"

namespace strataform::data {
namespace {

constexpr geology::MapSize kMapSize{};
constexpr std::int64_t kMapCells = kMapSize.nz * kMapSize.nx;
/// Samples that are modelled in one go: enough to keep the threads, or an accelerator, busy.
constexpr std::int64_t kChunk = 16;
constexpr std::int64_t kAcceleratedChunk = 256;

StreamOptions checked(const StreamOptions& options) {
  if (options.families.empty()) throw UsageError("generated samples: expected at least one family, found none");
  if (options.samples < 1 || options.first < 1) {
    throw UsageError(fmt::format("generated samples: expected at least one, also at the start, found {} and {}",
                                 options.samples, options.first));
  }
  const std::int64_t recorded = wave::Acquisition{}.samples;
  if (options.decimation < 1 || recorded % options.decimation != 0) {
    throw UsageError(fmt::format("decimation of generated samples: expected a divisor of {} samples, found {}",
                                 recorded, options.decimation));
  }
  StreamOptions complete = options;
  complete.first = std::min(options.first, options.samples);
  return complete;
}

std::int64_t weight_from(const std::string& text) {
  std::int64_t weight = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
  if (error != std::errc() || end != text.data() + text.size() || weight < 1 || weight > 1000) {
    throw UsageError(fmt::format("weight of a family: expected 1 to 1000, found \"{}\"", text));
  }
  return weight;
}

/// The families of a round, each as often as its weight says and as evenly spread as that allows.
std::vector<std::int64_t> turns_of(const std::vector<FamilyShare>& families) {
  std::int64_t total = 0;
  for (const FamilyShare& share : families) total += share.weight;
  std::vector<std::int64_t> given(families.size(), 0);
  std::vector<std::int64_t> turns;
  for (std::int64_t turn = 0; turn < total; ++turn) {
    std::size_t next = 0;
    const auto due = [&](std::size_t f) { return families[f].weight * (turn + 1) - given[f] * total; };
    for (std::size_t f = 1; f < families.size(); ++f) {
      if (due(f) > due(next)) next = f;
    }
    ++given[next];
    turns.push_back(static_cast<std::int64_t>(next));
  }
  return turns;
}

}  // namespace

std::vector<FamilyShare> family_shares_from_name(const std::string& names) {
  std::vector<FamilyShare> shares;
  if (names == "all") {
    for (const geology::Family* family : geology::families()) shares.push_back({family, 1});
    return shares;
  }
  std::stringstream list(names);
  for (std::string item; std::getline(list, item, ',');) {
    const std::size_t equals = item.find('=');
    const std::int64_t weight = equals == std::string::npos ? 1 : weight_from(item.substr(equals + 1));
    const geology::Family* family = &geology::find_family(item.substr(0, equals));
    if (std::ranges::find(shares, family, &FamilyShare::family) != shares.end()) {
      throw UsageError(fmt::format("families: expected each of them once, found \"{}\" twice", family->name()));
    }
    shares.push_back({family, weight});
  }
  if (shares.empty()) throw UsageError("families: expected \"all\" or their names, found nothing");
  return shares;
}

/// Samples are chunks of consecutive numbers, each made by whichever thread is free and published in their order.
class SampleStream::Maker {
 public:
  explicit Maker(const StreamOptions& options)
      : options_(checked(options)), turns_(turns_of(options_.families)),
        propagator_options_(std::max<std::size_t>(1, options_.accelerators.size())),
        chunk_(options_.accelerators.empty() ? kChunk : kAcceleratedChunk) {
    const wave::Acquisition acquisition = wave::openfwi_acquisition(options_.flip_shot);
    shape_.shots = std::ssize(acquisition.sources);
    shape_.samples = acquisition.samples / options_.decimation;
    shape_.receivers = std::ssize(acquisition.receivers);
    shape_.decimation = options_.decimation;
    chunks_.resize(static_cast<std::size_t>((options_.samples + chunk_ - 1) / chunk_));
    for (std::size_t i = 0; i < options_.accelerators.size(); ++i) {
      propagator_options_[i].accelerator = options_.accelerators[i];
    }
    for (const wave::PropagatorOptions& propagator : propagator_options_) {
      threads_.emplace_back([this, &propagator](const std::stop_token& stop) { make_all(stop, propagator); });
    }
    wait_for_the_first();
  }

  struct Chunk {
    std::vector<std::byte> gathers;  ///< half precision, [samples, shape]
    std::vector<float> maps;
  };

  /// To be called when gathers are read.
  void count_read() {
    if (++reads_ != options_.first) return;
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

  [[nodiscard]] const Chunk& chunk_of(std::int64_t index) const {
    if (index < 0 || index >= available_) {
      throw std::out_of_range(fmt::format("generated sample {} of {}", index, available_.load()));
    }
    return chunks_[static_cast<std::size_t>(index / chunk_)];
  }

  [[nodiscard]] const geology::Family& family_of(std::int64_t index) const {
    return *options_.families[static_cast<std::size_t>(turn(index))].family;
  }
  [[nodiscard]] const StreamOptions& options() const { return options_; }
  [[nodiscard]] const GatherShape& shape() const { return shape_; }
  [[nodiscard]] std::int64_t available() const {
    if (failed_) {
      const std::lock_guard lock(mutex_);
      std::rethrow_exception(failure_);
    }
    return available_;
  }
  [[nodiscard]] std::size_t place_in_chunk(std::int64_t index) const {
    return static_cast<std::size_t>(index % chunk_);
  }

 private:
  void wait_for_the_first() {
    Progress progress("modelling", options_.first, "samples");
    std::unique_lock lock(mutex_);
    while (available_ < options_.first) {
      changed_.wait_for(lock, std::chrono::milliseconds(100));
      if (failure_) std::rethrow_exception(failure_);
      if (interrupted())
        throw InterruptedError("interrupted before the first samples were modelled: nothing was saved");
      progress.update(std::min<std::int64_t>(available_, options_.first));
    }
    progress.finish();
  }

  [[nodiscard]] std::int64_t turn(std::int64_t index) const {
    return turns_[static_cast<std::size_t>(index % std::ssize(turns_))];
  }

  /// Which of its family's maps a sample has.
  [[nodiscard]] std::uint64_t number_in_family(std::int64_t index) const {
    const std::int64_t family = turn(index);
    const std::int64_t round = index / std::ssize(turns_);
    const auto until_here = std::count(turns_.begin(), turns_.begin() + index % std::ssize(turns_), family);
    return static_cast<std::uint64_t>(round * options_.families[static_cast<std::size_t>(family)].weight + until_here);
  }

  /// A background thread: makes chunks until none is left or it is stopped.
  void make_all(const std::stop_token& stop, const wave::PropagatorOptions& options) {
    try {
      const wave::Propagator propagator(kMapSize.nz, kMapSize.nx, wave::openfwi_acquisition(options_.flip_shot),
                                        options);
      for (std::size_t k = next_chunk_++; k < chunks_.size() && may_make(k, stop); k = next_chunk_++) {
        Chunk chunk = make(static_cast<std::int64_t>(k) * chunk_, propagator);
        const std::lock_guard lock(mutex_);
        chunks_[k] = std::move(chunk);
        publish();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      failed_ = true;
      changed_.notify_all();
    }
  }

  /// Waits until a chunk is wanted. False: the stream ends.
  [[nodiscard]] bool may_make(std::size_t chunk, const std::stop_token& stop) {
    if (static_cast<std::int64_t>(chunk) * chunk_ >= options_.first) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [this] { return reads_ >= options_.first; });
    }
    return !stop.stop_requested();
  }

  [[nodiscard]] Chunk make(std::int64_t first, const wave::Propagator& propagator) const {
    const std::int64_t count = std::min(chunk_, options_.samples - first);
    Chunk chunk;
    chunk.maps.resize(static_cast<std::size_t>(count * kMapCells));
    parallel_for(count, [&](std::int64_t k, int /*worker*/) {
      const std::vector<float> map =
          geology::generate_map(family_of(first + k), options_.seed, number_in_family(first + k), kMapSize);
      std::ranges::copy(map, chunk.maps.begin() + k * kMapCells);
    });
    std::vector<float> recorded(static_cast<std::size_t>(count * propagator.gather_size()));
    propagator.forward(chunk.maps, count, recorded);
    const auto values = static_cast<std::size_t>(shape_.size());
    chunk.gathers.resize(static_cast<std::size_t>(count) * values * sizeof(std::uint16_t));
    const GatherShape whole{shape_.shots, shape_.recorded_samples(), shape_.receivers};
    parallel_for(count, [&](std::int64_t k, int /*worker*/) {
      const auto sample = static_cast<std::size_t>(k);
      std::vector<float> means(values);
      const auto size = static_cast<std::size_t>(whole.size());
      block_means(whole, std::span(recorded).subspan(sample * size, size), options_.decimation, true, means);
      io::floats_to_halves(means, std::span(chunk.gathers).subspan(sample * values * 2, values * 2));
    });
    return chunk;
  }

  /// Counts the chunks that are there without a gap. Called with mutex_ held.
  void publish() {
    while (published_ < chunks_.size() && !chunks_[published_].maps.empty()) ++published_;
    available_ = std::min(options_.samples, static_cast<std::int64_t>(published_) * chunk_);
    changed_.notify_all();
  }

  const StreamOptions options_;
  const std::vector<std::int64_t> turns_;
  std::vector<wave::PropagatorOptions> propagator_options_;
  const std::int64_t chunk_;
  GatherShape shape_;

  std::vector<Chunk> chunks_;  ///< those below published_ do not change any more
  std::atomic<std::size_t> next_chunk_{0};
  std::atomic<std::int64_t> available_{0};
  std::atomic<std::int64_t> reads_{0};
  std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t published_ = 0;          ///< guarded by mutex_
  std::exception_ptr failure_;         ///< guarded by mutex_
  std::vector<std::jthread> threads_;  ///< last, so that they have ended before the rest is destroyed
};

SampleStream::SampleStream(const StreamOptions& options) : maker_(std::make_unique<Maker>(options)) {}

SampleStream::~SampleStream() = default;

std::int64_t SampleStream::size() const { return maker_->options().samples; }

std::int64_t SampleStream::available() const { return maker_->available(); }

GatherShape SampleStream::gather_shape() const { return maker_->shape(); }

std::int64_t SampleStream::nz() const { return kMapSize.nz; }

std::int64_t SampleStream::nx() const { return kMapSize.nx; }

std::optional<wave::Acquisition> SampleStream::acquisition() const {
  return wave::openfwi_acquisition(maker_->options().flip_shot);
}

const std::string& SampleStream::family(std::int64_t index) const { return maker_->family_of(index).name(); }

void SampleStream::read_gathers(std::int64_t index, std::span<float> out) const {
  maker_->count_read();
  const Maker::Chunk& chunk = maker_->chunk_of(index);
  const std::size_t bytes = static_cast<std::size_t>(maker_->shape().size()) * sizeof(std::uint16_t);
  io::halves_to_floats(std::span(chunk.gathers).subspan(maker_->place_in_chunk(index) * bytes, bytes), out);
}

void SampleStream::read_velocity(std::int64_t index, std::span<float> out) const {
  const Maker::Chunk& chunk = maker_->chunk_of(index);
  std::copy_n(chunk.maps.begin() + static_cast<std::ptrdiff_t>(maker_->place_in_chunk(index)) * kMapCells, kMapCells,
              out.begin());
}

}  // namespace strataform::data
