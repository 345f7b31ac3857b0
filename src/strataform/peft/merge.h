#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "strataform/core/atomic_file.h"
#include "strataform/core/context.h"
#include "strataform/io/dtype.h"

namespace strataform::peft {

/// Writes a model that computes what the base computes with the adapter, and keeps the weights that the adapter
/// replaces beside its own, so that unmerge_model() gives the base back bit by bit (with float32 storage; with float16
/// where the base's weights are float16 values).
/// Throws UsageError for a method that cannot be merged, or that needs a bias which a layer does not have, and what
/// load_model(), load_adapter() and save_model() throw.
void merge_model(const std::filesystem::path& base, const std::filesystem::path& adapter,
                 const std::filesystem::path& output, io::DType storage, Overwrite overwrite);

/// Writes the model that merge_model() started from. Throws InputError for a model without an adapter in it, or where
/// the weights that come out are not those of the base.
void unmerge_model(const std::filesystem::path& merged, const std::filesystem::path& output, io::DType storage,
                   Overwrite overwrite);

/// The ways in which several low-rank adapters become one.
enum class Combination {
  /// A and B are summed, each with the square root of its weight and scale: quick, but the products of different
  /// adapters' A and B come in, too; for adapters of one rank.
  kLinear,
  kConcatenation,  ///< exactly the weighted sum of the updates; the ranks add up
  kSvd,            ///< the best approximation of that sum of a given rank, by singular values
  /// Of each update the largest entries, of those the ones that agree with the elected sign, weighted mean times the
  /// sum of the weights (Yadav et al., 2023); then as kSvd.
  kTies,
  /// Entries dropped at random, the others scaled up to keep the mean (Yu et al., 2024); then as kSvd.
  kDare,
};

/// "linear", "concatenation", "svd", "ties", "dare". Throws UsageError for another name.
Combination combination_from_name(const std::string& name);
std::vector<std::string> combination_names();

struct CombineOptions {
  std::vector<std::filesystem::path> adapters{};
  std::vector<double> weights{};  ///< one for each adapter
  Combination how = Combination::kConcatenation;
  std::int64_t rank = 0;   ///< of svd, ties and dare, at most what a layer can have; 0: the adapters' largest there
  double density = 0.5;    ///< the share of entries that ties and dare keep
  std::uint64_t seed = 0;  ///< of dare
};

/// Writes a LoRA adapter of the given base. Throws UsageError for options that do not fit and for adapters that are
/// not LoRA, MismatchError for adapters of another base, InterruptedError when it is asked to stop.
void combine_adapters(const std::filesystem::path& base, const CombineOptions& options,
                      const std::filesystem::path& output, Overwrite overwrite, const Context& context = {});

struct ConvertOptions {
  std::filesystem::path base;     ///< the model that the adapter is for
  std::filesystem::path adapter;  ///< made here or by another program
  std::filesystem::path output;
  bool hf_only = false;  ///< leaves out the layers that Hugging Face PEFT cannot adapt, which changes the output
  Overwrite overwrite = Overwrite::kRefuse;
};

/// Writes an adapter anew: with the fingerprint of its base, which other programs do not record. Throws UsageError
/// where nothing is left.
void convert_adapter(const ConvertOptions& options);

}  // namespace strataform::peft
