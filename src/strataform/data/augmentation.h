#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "strataform/core/random.h"
#include "strataform/data/gather_source.h"

namespace strataform::data {

/// Adds white Gaussian noise whose power over the recorded samples is that of the gathers over 10^(decibels / 10).
/// gathers has the given shape; the noise of a mean of `decimation` samples is weaker by its square root.
void add_noise(std::span<float> gathers, const GatherShape& shape, double decibels, Random& random);

/// Makes a share of the traces zero, rounded to whole traces, any of them with the same probability.
void mute_traces(std::span<float> gathers, const GatherShape& shape, double share, Random& random);

/// Of a recording's wavelet.
struct WaveletChange {
  double from = 0.0, to = 0.0;  ///< peak frequency of Ricker's wavelet, Hz, `to` at most 1.3 `from`
  double phase = 0.0;           ///< added to every frequency's, rad
  double delay = 0.0;           ///< by which it comes later, s
  [[nodiscard]] bool is_none() const { return from == to && phase == 0.0 && delay == 0.0; }
};

/// The medium is a linear filter, so the ratio of two wavelets' spectra,
///   R(nu) = (from / to)^3 exp(-nu^2 (1 / to^2 - 1 / from^2)) exp(i phase - 2 pi i nu delay),
/// turns the one recording into the other. It is cut off above 3.3 `from`, where the first wavelet has nothing left.
/// step: between the stored samples, s.
void change_wavelet(std::span<float> gathers, const GatherShape& shape, double step, const WaveletChange& change);

/// change_wavelet() from one frequency of Ricker's wavelet to another, both delayed as wave::ricker() does. time_step
/// of the recording in s.
void change_frequency(std::span<float> gathers, const GatherShape& shape, double time_step, double from, double to);

/// What sets a recording in the field apart from a modelled one, drawn anew each time that a sample is used: each of
/// the four with probability 1/2 and uniform in its range.
struct Augmentation {
  double share = 0.0;             ///< of the samples that are changed at all
  double lowest_noise_db = 10.0;  ///< signal-to-noise ratio of white noise
  double highest_noise_db = 40.0;
  double largest_muted_share = 0.1;  ///< of the traces
  double largest_gain = 2.0;         ///< from its inverse on, uniform in its logarithm
  double lowest_frequency = 10.0;    ///< peak frequency, Hz
  double highest_frequency = 18.0;   ///< at most 1.3 times the recording's; what is below 7.7 Hz stays as it is
};

/// Changes the gathers of one model. The frequency stays where the survey is not known or its wavelet not Ricker's.
void augment(const Augmentation& augmentation, const GatherShape& shape,
             const std::optional<survey::Modelling>& modelling, std::span<float> gathers, Random& random);

}  // namespace strataform::data
