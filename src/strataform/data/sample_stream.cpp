#include "strataform/data/sample_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/data/sample_maker.h"
#include "strataform/io/half.h"

namespace strataform::data {
namespace {

/// Samples that are modelled in one go: enough to keep the threads, or an accelerator, busy.
constexpr std::int64_t kChunk = 16;
constexpr std::int64_t kAcceleratedChunk = 256;
/// Chunks that are modelled ahead of the draws of a stream that lets samples go.
constexpr std::int64_t kAhead = 4;
/// Samples that such a stream keeps behind the last draw: more than a batch moves on by.
constexpr std::int64_t kSlack = 512;

void check(const StreamOptions& options) {
  if (options.samples < 1 || options.first < 1) {
    throw UsageError(fmt::format("generated examples: expected at least one, also at the start, found {} and {}",
                                 options.samples, options.first));
  }
  if ((options.passes != 0.0 && options.passes < 1.0) || options.kept < options.first) {
    throw UsageError(
        fmt::format("generated examples: expected at least one pass and room for the first {}, "
                    "found {} and {}",
                    options.first, options.passes, options.kept));
  }
}

/// One for each accelerator, or one for the threads of this processor.
std::vector<SampleMaker> makers_for(const StreamOptions& options, const FamilyTurns& turns, const Context& context) {
  SampleOptions samples;
  samples.flip_shot = options.flip_shot;
  samples.decimation = options.decimation;
  samples.seed = options.seed;
  samples.conditions.varied = options.varied;
  std::vector<wave::PropagatorOptions> propagators(std::max<std::size_t>(1, options.accelerators.size()));
  for (std::size_t i = 0; i < options.accelerators.size(); ++i) propagators[i].accelerator = options.accelerators[i];
  std::vector<SampleMaker> makers;
  for (wave::PropagatorOptions& propagator : propagators) {
    propagator.context = context;
    makers.emplace_back(family_maps(turns, samples.size), samples, std::move(propagator));
  }
  return makers;
}

}  // namespace

/// Samples are chunks of consecutive numbers, each made by whichever thread is free and published in their order.
class SampleStream::Production {
 public:
  Production(const StreamOptions& options, const Context& context)
      : options_(options), context_(context), first_(std::min(options.first, options.samples)),
        turns_(options_.families), makers_(makers_for(options_, turns_, {stop_modelling_, nullptr, context.threads})),
        chunk_(options_.accelerators.empty() ? kChunk : kAcceleratedChunk) {
    check(options);
    chunks_.resize(static_cast<std::size_t>((options_.samples + chunk_ - 1) / chunk_));
    for (const SampleMaker& maker : makers_) {
      threads_.emplace_back([this, &maker](const std::stop_token& stop) { make_all(stop, maker); });
    }
    wait_for_the_first();
  }

  struct Chunk {
    std::vector<std::byte> gathers;  ///< half precision, [samples, shape]
    std::vector<float> maps;
  };

  /// To be called when gathers are read.
  void count_read() {
    if (++reads_ != first_) return;
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

  [[nodiscard]] std::shared_ptr<const Chunk> chunk_of(std::int64_t index) const {
    if (index < 0 || index >= available_) {
      throw std::out_of_range(fmt::format("generated example {} of {}", index, available_.load()));
    }
    const std::lock_guard lock(mutex_);
    std::shared_ptr<const Chunk> chunk = chunks_[static_cast<std::size_t>(index / chunk_)];
    if (!chunk) throw std::out_of_range(fmt::format("generated example {} is no longer there", index));
    return chunk;
  }

  /// The samples of a draw, once all of them are there. What no later draw is of is let go.
  [[nodiscard]] std::optional<SampleWindow> window(std::int64_t draw) {
    if (options_.passes <= 0.0) return std::nullopt;
    const auto drawn = static_cast<std::int64_t>(static_cast<double>(draw) / options_.passes);
    const std::int64_t end = std::min(options_.samples, (first_ + drawn) / chunk_ * chunk_);
    const SampleWindow window{std::max<std::int64_t>(0, (end - options_.kept) / chunk_ * chunk_),
                              std::max(end, std::min(chunk_, options_.samples))};
    std::unique_lock lock(mutex_);
    move_to(window);
    while (available_ < window.end) {
      changed_.wait_for(lock, std::chrono::milliseconds(100));
      if (failure_) std::rethrow_exception(failure_);
      context_.throw_if_stopped("stopped while examples were simulated");
    }
    return window;
  }

  [[nodiscard]] const geology::Family& family_of(std::int64_t index) const { return turns_.family(index); }
  [[nodiscard]] const StreamOptions& options() const { return options_; }
  /// Any of them: they differ in what models the waves.
  [[nodiscard]] const SampleMaker& maker() const { return makers_.front(); }
  [[nodiscard]] std::size_t map_cells() const {
    return static_cast<std::size_t>(maker().options().size.nz * maker().options().size.nx);
  }
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
    Progress progress(context_, "simulation", first_, "examples");
    std::unique_lock lock(mutex_);
    while (available_ < first_) {
      changed_.wait_for(lock, std::chrono::milliseconds(100));
      context_.throw_if_stopped("interrupted before the first examples were simulated: nothing was saved");
      if (failure_) std::rethrow_exception(failure_);
      progress.update(std::min<std::int64_t>(available_, first_));
    }
    progress.finish();
  }

  /// A background thread: makes chunks until none is left or it is stopped.
  void make_all(const std::stop_token& stop, const SampleMaker& maker) {
    const std::stop_callback on_stop(stop, [this] { stop_modelling_.request_stop(); });
    try {
      for (std::size_t k = next_chunk_++; k < chunks_.size() && may_make(k, stop); k = next_chunk_++) {
        if (is_past(k)) continue;
        Chunk chunk = make(static_cast<std::int64_t>(k) * chunk_, maker);
        const std::lock_guard lock(mutex_);
        chunks_[k] = std::make_shared<const Chunk>(std::move(chunk));
        publish();
      }
    } catch (const InterruptedError&) {
      return;  // nobody waits for what is left
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      failed_ = true;
      changed_.notify_all();
    }
  }

  /// Waits until a chunk is wanted. False: the stream ends.
  [[nodiscard]] bool may_make(std::size_t chunk, const std::stop_token& stop) {
    const std::int64_t begin = static_cast<std::int64_t>(chunk) * chunk_;
    if (begin >= first_) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop,
                    [&] { return options_.passes > 0.0 ? begin < window_.end + kAhead * chunk_ : reads_ >= first_; });
    }
    return !stop.stop_requested();
  }
  [[nodiscard]] bool is_past(std::size_t chunk) const {
    const std::lock_guard lock(mutex_);
    return chunk < first_kept();
  }

  /// Called with mutex_ held. Threads that wait for a chunk in front of the window go on with the first one in it.
  void move_to(const SampleWindow& window) {
    if (window.end <= window_.end) return;
    window_ = window;
    const std::size_t begin = first_kept();
    for (; released_ < begin; ++released_) chunks_[released_] = nullptr;
    if (next_chunk_ < begin) next_chunk_ = begin;
    published_ = std::max(published_, begin);
    publish();
  }

  [[nodiscard]] Chunk make(std::int64_t first, const SampleMaker& maker) const {
    SampleChunk made = maker.make({first, std::min(chunk_, options_.samples - first)});
    Chunk chunk;
    chunk.gathers.resize(made.gathers.size() * sizeof(std::uint16_t));
    io::floats_to_halves(made.gathers, chunk.gathers);
    chunk.maps = std::move(made.maps);
    return chunk;
  }

  /// The first chunk that is still wanted: a batch is drawn before it is read. Called with mutex_ held.
  [[nodiscard]] std::size_t first_kept() const {
    return static_cast<std::size_t>(std::max<std::int64_t>(0, window_.begin - kSlack) / chunk_);
  }

  /// Counts the chunks that are there without a gap, or have been. Called with mutex_ held.
  void publish() {
    while (published_ < chunks_.size() && chunks_[published_]) ++published_;
    available_ = std::min(options_.samples, static_cast<std::int64_t>(published_) * chunk_);
    changed_.notify_all();
  }

  const StreamOptions options_;
  const Context context_;
  /// Of the waves. The context's own token is not for them: a training that uses the samples stops in its own time.
  const StopSource stop_modelling_;
  const std::int64_t first_;  ///< samples that are there before the constructor returns
  const FamilyTurns turns_;
  const std::vector<SampleMaker> makers_;
  const std::int64_t chunk_;

  std::vector<std::shared_ptr<const Chunk>> chunks_;  ///< null: not there yet or no longer; guarded by mutex_
  SampleWindow window_{0, 0};                         ///< of the last draw, with passes; guarded by mutex_
  std::size_t released_ = 0;                          ///< chunks that were let go; guarded by mutex_
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

SampleStream::SampleStream(const StreamOptions& options, const Context& context)
    : production_(std::make_unique<Production>(options, context)) {}

SampleStream::~SampleStream() = default;

std::optional<SampleWindow> SampleStream::window(std::int64_t draw) const { return production_->window(draw); }

std::optional<survey::Modelling> SampleStream::modelling_of(std::int64_t index) const {
  return production_->maker().modelling_of(index);
}

std::int64_t SampleStream::size() const { return production_->options().samples; }

std::int64_t SampleStream::available() const { return production_->available(); }

GatherShape SampleStream::gather_shape() const { return production_->maker().shape(); }

std::int64_t SampleStream::nz() const { return production_->maker().options().size.nz; }

std::int64_t SampleStream::nx() const { return production_->maker().options().size.nx; }

std::optional<survey::Modelling> SampleStream::modelling() const { return production_->maker().modelling(); }

const std::string& SampleStream::family(std::int64_t index) const { return production_->family_of(index).name(); }

void SampleStream::read_gathers(std::int64_t index, std::span<float> out) const {
  production_->count_read();
  const std::shared_ptr<const Production::Chunk> chunk = production_->chunk_of(index);
  const std::size_t bytes = static_cast<std::size_t>(gather_shape().size()) * sizeof(std::uint16_t);
  io::halves_to_floats(std::span(chunk->gathers).subspan(production_->place_in_chunk(index) * bytes, bytes), out);
}

void SampleStream::read_velocity(std::int64_t index, std::span<float> out) const {
  const std::shared_ptr<const Production::Chunk> chunk = production_->chunk_of(index);
  const std::size_t cells = production_->map_cells();
  const std::span<const float> map = std::span(chunk->maps).subspan(production_->place_in_chunk(index) * cells, cells);
  std::ranges::copy(map, out.begin());
}

}  // namespace strataform::data
