#include "strataform/data/recording_augmentation.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "strataform/data/augmentation.h"
#include "strataform/data/dataset.h"
#include "strataform/wave/wavelet.h"

namespace strataform::data {
namespace {

/// Normal numbers that all noise is cut from: drawing each anew would take longer than a training step.
const std::vector<float>& noise_bank() {
  static const std::vector<float> bank = [] {
    constexpr std::size_t kSize = 1U << 19U;
    Random random(stream_of("noise-bank"));
    std::vector<float> values(kSize);
    for (float& value : values) value = static_cast<float>(random.normal());
    return values;
  }();
  return bank;
}

class Recording {
 public:
  Recording(const GatherShape& shape, survey::Modelling& modelling, std::span<float> gathers, Random& random)
      : shape_(shape), modelling_(modelling), gathers_(gathers), random_(random),
        step_(modelling.survey.sample_interval * static_cast<double>(shape.decimation)),
        live_(static_cast<std::size_t>(shape.shots * shape.receivers), 1) {}

  void vary() {
    choose_shots();
    change_wavelet();
    if (random_.chance(0.08)) mute_direct_wave();
    if (random_.chance(0.1)) end_early();
    add_noise_below(random_.uniform(30.0, 60.0));
    if (random_.chance(1.0 / 3.0)) add_noise_below(random_.uniform(0.0, 30.0));
    choose_receivers();
    if (random_.chance(0.15)) kill_traces(random_.uniform(0.0, 0.4));
    silence();
  }

 private:
  float* row(std::int64_t shot, std::int64_t sample) {
    return gathers_.data() + (shot * shape_.samples + sample) * shape_.receivers;
  }
  std::uint8_t& live(std::int64_t shot, std::int64_t receiver) {
    return live_[static_cast<std::size_t>(shot * shape_.receivers + receiver)];
  }
  [[nodiscard]] bool is_shot(std::int64_t shot) const { return shots_[static_cast<std::size_t>(shot)]; }
  /// change(shot) of those that are there.
  template <class Change>
  void for_each_shot(Change change) {
    for (std::int64_t shot = 0; shot < shape_.shots; ++shot) {
      if (is_shot(shot)) change(shot);
    }
  }
  void keep_receivers(std::int64_t shot, auto&& is_kept) {
    for (std::int64_t receiver = 0; receiver < shape_.receivers; ++receiver) {
      if (!is_kept(receiver)) live(shot, receiver) = 0;
    }
  }
  [[nodiscard]] const survey::Shot& geometry(std::int64_t shot) const {
    return modelling_.survey.shots[static_cast<std::size_t>(shot)];
  }

  void choose_shots() {
    shots_.assign(static_cast<std::size_t>(shape_.shots), false);
    constexpr std::int64_t kUsual = 5;
    if (random_.chance(0.4)) {
      std::fill_n(shots_.begin(), std::min(kUsual, shape_.shots), true);
      return;
    }
    std::vector<std::int64_t> order(shots_.size());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = static_cast<std::int64_t>(k);
    shuffle(random_, order);
    order.resize(static_cast<std::size_t>(random_.integer(1, shape_.shots)));
    for (const std::int64_t shot : order) shots_[static_cast<std::size_t>(shot)] = true;
  }

  void change_wavelet() {
    constexpr double kLargestPhase = std::numbers::pi / 6.0;
    constexpr double kLargestDelay = 0.02;
    WaveletChange change{.from = modelling_.source.peak_frequency, .to = modelling_.source.peak_frequency};
    if (random_.chance(0.35)) change.phase = random_.uniform(-kLargestPhase, kLargestPhase);
    if (random_.chance(0.35)) change.delay = random_.uniform(-kLargestDelay, kLargestDelay);
    if (random_.chance(0.3)) {
      constexpr double kLowest = 5.0;
      change.to = random_.uniform(std::max(kLowest, 0.5 * change.from), std::max(kLowest, 1.2 * change.from));
    }
    if (change.is_none()) return;
    for_each_shot([&](std::int64_t shot) {
      const std::span<float> gather(row(shot, 0), static_cast<std::size_t>(shape_.samples * shape_.receivers));
      data::change_wavelet(gather, {1, shape_.samples, shape_.receivers, shape_.decimation}, step_, change);
    });
    // The new wavelet peaks where the old one did.
    const double interval = modelling_.scheme.time_step;
    const auto centre = [&](double frequency) {
      return static_cast<double>(wave::ricker_centre(frequency, interval)) * interval;
    };
    modelling_.source.delay += centre(change.from) - centre(change.to);
    modelling_.source.peak_frequency = change.to;
  }

  /// What arrives before a straight line in time and offset, with a smooth end.
  void mute_direct_wave() {
    const double velocity = random_.uniform(1300.0, 2500.0);
    const double behind = random_.uniform(0.10, 0.20);
    constexpr double kTaper = 0.03;
    for_each_shot([&](std::int64_t shot) {
      for (std::int64_t receiver = 0; receiver < shape_.receivers; ++receiver) {
        const survey::Point& place = geometry(shot).receivers[static_cast<std::size_t>(receiver)];
        const double end = std::abs(place.x - geometry(shot).source.x) / velocity + behind;
        for (std::int64_t sample = 0; sample < shape_.samples; ++sample) {
          const double past = (static_cast<double>(sample) * step_ - end) / kTaper;
          if (past >= 1.0) break;
          row(shot, sample)[receiver] *= static_cast<float>(std::clamp(past, 0.0, 1.0));
        }
      }
    });
  }

  void end_early() {
    const auto end = static_cast<std::int64_t>(random_.uniform(0.6, 1.0) * static_cast<double>(shape_.samples));
    recorded_ = end;
    for_each_shot([&](std::int64_t shot) { std::fill(row(shot, end), row(shot, shape_.samples), 0.0F); });
  }

  [[nodiscard]] double rms() {
    double energy = 0.0;
    std::int64_t count = 0;
    for_each_shot([&](std::int64_t shot) {
      for (const float* value = row(shot, 0); value != row(shot, shape_.samples); ++value) energy += *value * *value;
      count += recorded_ * shape_.receivers;
    });
    return std::sqrt(energy / static_cast<double>(std::max<std::int64_t>(1, count)));
  }

  const float* cut_from_bank(std::int64_t length) {
    const std::vector<float>& bank = noise_bank();
    return bank.data() + random_.integer(0, std::ssize(bank) - length);
  }

  void add_noise_below(double decibels) {
    const auto deviation = static_cast<float>(rms() * std::pow(10.0, -decibels / 20.0));
    const double kind = random_.uniform();
    if (kind < 0.6) {
      add_white_noise(deviation);
    } else if (kind < 0.85) {
      add_smooth_noise(deviation);
    } else {
      add_passing_wave(deviation);
    }
  }

  void add_white_noise(float deviation) {
    for_each_shot([&](std::int64_t shot) {
      for (std::int64_t sample = 0; sample < recorded_; ++sample) {
        const float* const noise = cut_from_bank(shape_.receivers);
        float* const values = row(shot, sample);
        for (std::int64_t r = 0; r < shape_.receivers; ++r) values[r] += deviation * noise[r];
      }
    });
  }

  /// Means over as many samples as a wavelet has, of each trace.
  void add_smooth_noise(float deviation) {
    const std::int64_t length = random_.integer(3, 8);
    const float scale = deviation / std::sqrt(static_cast<float>(length));
    const std::int64_t stride = shape_.receivers;
    for_each_shot([&](std::int64_t shot) {
      const float* const noise = cut_from_bank((recorded_ + length) * stride);
      for (std::int64_t sample = 0; sample < recorded_; ++sample) {
        float* const values = row(shot, sample);
        for (std::int64_t k = 0; k < length; ++k) {
          const float* const part = noise + (sample + k) * stride;
          for (std::int64_t r = 0; r < stride; ++r) values[r] += scale * part[r];
        }
      }
    });
  }

  /// Smooth noise that passes all receivers with one apparent velocity, as ground roll and traffic do.
  void add_passing_wave(float deviation) {
    const double slowness = (random_.chance(0.5) ? 1.0 : -1.0) / random_.uniform(300.0, 3000.0);
    const std::int64_t length = random_.integer(3, 8);
    const float scale = deviation / std::sqrt(static_cast<float>(length));
    constexpr std::int64_t kRoom = 600;  // samples that a wave of 300 m/s needs for the window
    for_each_shot([&](std::int64_t shot) {
      const float* const noise = cut_from_bank(2 * kRoom + shape_.samples + length) + kRoom;
      for (std::int64_t r = 0; r < shape_.receivers; ++r) {
        const double x = geometry(shot).receivers[static_cast<std::size_t>(r)].x - modelling_.grid.origin.x;
        const auto late = std::clamp<std::int64_t>(std::llround(x * slowness / step_), -kRoom, kRoom);
        for (std::int64_t sample = 0; sample < recorded_; ++sample) {
          float sum = 0.0F;
          for (std::int64_t k = 0; k < length; ++k) sum += noise[sample - late + k];
          row(shot, sample)[r] += scale * sum;
        }
      }
    });
  }

  void choose_receivers() {
    const double kind = random_.uniform();
    const std::int64_t count = shape_.receivers;
    if (kind < 0.15) {
      const std::int64_t step = random_.integer(2, 3);
      const std::int64_t first = random_.integer(0, step - 1);
      for_each_shot([&](std::int64_t s) { keep_receivers(s, [&](std::int64_t r) { return r % step == first; }); });
    } else if (kind < 0.3) {
      keep_one_side();
    } else if (kind < 0.4) {
      const std::int64_t length = random_.integer(count / 3, count - 1);
      const std::int64_t first = random_.integer(0, count - length);
      for_each_shot(
          [&](std::int64_t s) { keep_receivers(s, [&](std::int64_t r) { return r >= first && r < first + length; }); });
    } else if (kind < 0.5) {
      const std::int64_t length = random_.integer(3, count / 4);
      const std::int64_t first = random_.integer(0, count - length);
      for_each_shot(
          [&](std::int64_t s) { keep_receivers(s, [&](std::int64_t r) { return r < first || r >= first + length; }); });
    }
  }

  /// As a streamer has them, at least a few of each shot.
  void keep_one_side() {
    constexpr std::int64_t kFewest = 8;
    const bool right = random_.chance(0.5);
    for_each_shot([&](std::int64_t shot) {
      const std::vector<survey::Point>& receivers = geometry(shot).receivers;
      const double source = geometry(shot).source.x;
      const auto is_on_side = [&](std::int64_t r) {
        const double x = receivers[static_cast<std::size_t>(r)].x;
        return right ? x >= source : x <= source;
      };
      std::int64_t there = 0;
      for (std::int64_t r = 0; r < shape_.receivers; ++r) there += is_on_side(r) ? 1 : 0;
      if (there >= kFewest) keep_receivers(shot, is_on_side);
    });
  }

  void kill_traces(double share) {
    for_each_shot([&](std::int64_t shot) {
      keep_receivers(shot, [&](std::int64_t /*receiver*/) { return !random_.chance(share); });
    });
  }

  void silence() {
    for (std::int64_t shot = 0; shot < shape_.shots; ++shot) {
      for (std::int64_t sample = 0; sample < shape_.samples; ++sample) {
        float* const values = row(shot, sample);
        for (std::int64_t r = 0; r < shape_.receivers; ++r) {
          if (!is_shot(shot) || live(shot, r) == 0) values[r] = 0.0F;
        }
      }
    }
  }

  const GatherShape& shape_;
  survey::Modelling& modelling_;
  std::span<float> gathers_;
  Random& random_;
  double step_;  ///< between stored samples, s
  std::int64_t recorded_ = shape_.samples;
  std::vector<bool> shots_;
  std::vector<std::uint8_t> live_;
};

}  // namespace

void vary_recording(const GatherShape& shape, survey::Modelling& modelling, std::span<float> gathers, Random& random) {
  Recording(shape, modelling, gathers, random).vary();
}

}  // namespace strataform::data
