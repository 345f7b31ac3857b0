#include "strataform/geology/family.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/core/nearest.h"
#include "strataform/geology/factories.h"

namespace strataform::geology {
namespace {

constexpr std::int64_t kMinCells = 8;

struct Registry {
  std::vector<std::unique_ptr<Family>> owned;
  std::vector<const Family*> ten;
  std::vector<const Family*> extra;

  Registry() {
#define STRATAFORM_FAMILY(factory) add(factory(), ten);
#define STRATAFORM_EXTRA_FAMILY(factory) add(factory(), extra);
#include "strataform/geology/families.def"
#undef STRATAFORM_FAMILY
#undef STRATAFORM_EXTRA_FAMILY
  }

  void add(std::unique_ptr<Family> family, std::vector<const Family*>& list) {
    list.push_back(family.get());
    owned.push_back(std::move(family));
  }
};

const Registry& registry() {
  static const Registry instance;
  return instance;
}

std::string normalized(const std::string& name) {
  std::string result = name;
  for (auto& character : result) {
    if (character == '_') character = '-';
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
  }
  return result;
}

}  // namespace

Family::Family(std::string title, std::vector<int> layer_groups)
    : name_(normalized(title)), title_(std::move(title)), layer_groups_(std::move(layer_groups)) {}

const std::vector<const Family*>& families() { return registry().ten; }

const std::vector<const Family*>& extra_families() { return registry().extra; }

const Family& find_family(const std::string& name) {
  const std::string wanted = normalized(name);
  std::vector<std::string> known;
  for (const auto& family : registry().owned) {
    if (family->name() == wanted) return *family;
    known.push_back(family->name());
  }
  throw UsageError(unknown_name("family", wanted, known));
}

std::vector<float> generate_map(const Family& family, std::uint64_t seed, std::uint64_t index, const MapSize& size,
                                int layers) {
  if (size.nz < kMinCells || size.nx < kMinCells) {
    throw UsageError(
        fmt::format("map size: expected at least {0} x {0} cells, found {1} x {2}", kMinCells, size.nz, size.nx));
  }
  const auto& groups = family.layer_groups();
  if (layers != 0 && std::find(groups.begin(), groups.end(), layers) == groups.end()) {
    throw UsageError(fmt::format("layers: family '{}' has no group of {} layers", family.name(), layers));
  }
  if (layers == 0 && !groups.empty()) layers = groups[index % groups.size()];
  Random random(seed ^ stream_of(family.name().c_str()), index);
  return family.generate(random, size, layers);
}

}  // namespace strataform::geology
