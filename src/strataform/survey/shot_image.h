#pragma once

#include <cstdint>

namespace strataform::survey {

/// How a network that takes any survey reads one shot: an image [time samples + kGeometryRows, columns] of a window
/// of 70 columns that are 10 m apart in canonical units (data/shot_images.h). The waveforms lie in the columns of their
/// receivers; the rows below them say how they were recorded. A shot whose kLive row is zero is not there.
struct ShotImage {
  static constexpr std::int64_t kShots = 10;  ///< of a sample, at most; the images of those that are missing are zero
  static constexpr std::int64_t kColumns = 70;
  static constexpr std::int64_t kTimes = 200;  ///< rows of waveforms
  static constexpr double kSpacing = 10.0;     ///< of the columns, canonical m
  static constexpr double kRowTime = 5e-3;     ///< between two rows, canonical s
  static constexpr double kPeakTime = 0.073;   ///< after the record begins: where the wavelet peaks, canonical s

  // Rows below the waveforms.
  static constexpr std::int64_t kLive = 0;     ///< 1 in columns with a live receiver
  static constexpr std::int64_t kOffset = 1;   ///< of the column from the source, in halves of the window
  static constexpr std::int64_t kDepth = 2;    ///< of the receiver, in units of 20 canonical m
  static constexpr std::int64_t kShift = 3;    ///< of the receiver from its column's centre, in columns
  static constexpr std::int64_t kScalars = 4;  ///< of the shot, in the first columns, as follows
  static constexpr std::int64_t kGeometryRows = 5;

  static constexpr std::int64_t kSourcePlace = 0;     ///< -1 at the window's left end, 1 at its right one
  static constexpr std::int64_t kSourceDepth = 1;     ///< in units of 20 canonical m
  static constexpr std::int64_t kFreeSurface = 2;     ///< 1, or 0 where waves leave upwards
  static constexpr std::int64_t kFrequency = 3;       ///< log of the peak frequency over 15 canonical Hz, or 0
  static constexpr std::int64_t kFrequencyKnown = 4;  ///< 1 or 0
  static constexpr std::int64_t kLength = 5;          ///< share of the time rows up to the end of the record
  static constexpr std::int64_t kScalarCount = 6;
};

}  // namespace strataform::survey
