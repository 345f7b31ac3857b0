#include "strataform/study/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "strataform/figures/chart.h"
#include "strataform/figures/panel.h"
#include "strataform/io/npy.h"
#include "strataform/survey/openfwi.h"

namespace strataform::study {
namespace {
namespace fs = std::filesystem;

constexpr const char* kSubfolder = "figures";

/// Maps of one file, [count, nz, nx] in m/s.
struct Maps {
  std::int64_t count = 0;
  figures::MapShape shape;
  std::vector<float> values;

  [[nodiscard]] std::span<const float> map(std::int64_t index) const {
    const auto cells = static_cast<std::size_t>(shape.rows) * static_cast<std::size_t>(shape.columns);
    return std::span(values).subspan(static_cast<std::size_t>(index) * cells, cells);
  }
};

std::optional<Maps> read_maps(const fs::path& path) {
  if (!fs::exists(path)) return std::nullopt;
  const io::NpyReader reader(path);
  Maps maps;
  maps.count = reader.count();
  maps.shape.rows = static_cast<int>(reader.shape().at(1));
  maps.shape.columns = static_cast<int>(reader.shape().at(2));
  maps.shape.spacing = survey::Openfwi::kSpacing;
  maps.values = reader.read_all();
  return maps;
}

double mean_absolute_difference(std::span<const float> a, std::span<const float> b) {
  double sum = 0.0;
  for (std::size_t cell = 0; cell < a.size(); ++cell) sum += std::abs(static_cast<double>(a[cell]) - b[cell]);
  return sum / static_cast<double>(a.size());
}

class Artist {
 public:
  Artist(const fs::path& folder, const Results& results, const ExampleFiles& examples,
         const std::set<std::string>& unchanged)
      : folder_(folder), results_(results), examples_(examples), unchanged_(unchanged) {}

  void draw_error(const DomainConfig& domain) {
    std::vector<figures::Series> series;
    for (const MethodConfig& method : results_.config().methods) {
      figures::Series line{.label = method.title};
      for (const Column& column : Results::columns_of(domain)) {
        if (!results_.has_all_seeds(method, column)) continue;
        line.x.push_back(static_cast<double>(column.size));
        line.y.push_back(results_.estimate(method, column, mae_of).mean);
      }
      if (!line.x.empty()) series.push_back(std::move(line));
    }
    if (series.empty()) return;
    const std::string file = fmt::format("{}/{}-error.png", kSubfolder, domain.name);
    figures::write_line_chart(
        folder_ / file, series,
        {.title = domain.title, .x_label = "training samples", .y_label = "mean absolute error (m/s)", .log_x = true},
        Overwrite::kAllow);
    pictures_.push_back({domain.name, file, fmt::format("{}: error over the number of samples", domain.title)});
  }

  void draw_maps(const DomainConfig& domain) {
    const std::optional<Maps> truth = read_maps(examples_.truth(domain.name));
    if (!truth) return;
    std::vector<std::vector<figures::Panel>> grid(1);
    for (std::int64_t index = 0; index < truth->count; ++index) {
      grid[0].push_back(figures::velocity_panel(truth->map(index), truth->shape, "True velocity"));
    }
    std::int64_t adapted_with = 0;
    for (const MethodConfig& method : results_.config().methods) {
      if (method.kind == MethodKind::kZeroShot) {
        add_row({&domain, domain.sizes.front()}, method, *truth, grid);
      } else if (method.is_peft() && adapted_with == 0) {
        adapted_with = add_largest(domain, method, *truth, grid);
      }
    }
    const std::string file = fmt::format("{}/{}-maps.png", kSubfolder, domain.name);
    const bool is_kept = adapted_with == 0 && unchanged_.contains(domain.name) && fs::exists(folder_ / file);
    if (grid.size() == 1 && !is_kept) return;
    if (!is_kept) {
      std::string subtitle = "The first test samples";
      if (adapted_with > 0) subtitle += fmt::format("; adapted with {} samples", adapted_with);
      figures::write_panels(folder_ / file, grid, {.title = domain.title, .subtitle = subtitle}, Overwrite::kAllow);
    }
    pictures_.push_back({domain.name, file, fmt::format("{}: true and predicted maps", domain.title)});
  }

  [[nodiscard]] const std::vector<Picture>& pictures() const { return pictures_; }

 private:
  /// The number of samples that the predictions were adapted with; 0 where none were kept.
  std::int64_t add_largest(const DomainConfig& domain, const MethodConfig& method, const Maps& truth,
                           std::vector<std::vector<figures::Panel>>& grid) const {
    const auto size = std::ranges::find_if(domain.sizes.rbegin(), domain.sizes.rend(), [&](std::int64_t samples) {
      return add_row({&domain, samples}, method, truth, grid);
    });
    return size == domain.sizes.rend() ? 0 : *size;
  }

  /// Whether there are predictions of the method that were kept.
  bool add_row(const Column& column, const MethodConfig& method, const Maps& truth,
               std::vector<std::vector<figures::Panel>>& grid) const {
    const bool is_zero_shot = method.kind == MethodKind::kZeroShot;
    const std::uint64_t seed = results_.config().seeds.front();
    if (results_.find(method, column, seed) == nullptr) return false;
    const CellKey key{column.domain->name, method.name, is_zero_shot ? 0 : column.size, is_zero_shot ? 0 : seed};
    const std::optional<Maps> maps = read_maps(examples_.prediction(key));
    if (!maps || maps->shape != truth.shape) return false;
    std::vector<figures::Panel>& row = grid.emplace_back();
    // An earlier run may have kept another number of them.
    for (std::int64_t index = 0; index < std::min(maps->count, truth.count); ++index) {
      row.push_back(figures::velocity_panel(maps->map(index), maps->shape, method.title));
      row.back().caption = fmt::format("MAE {:.0f} m/s", mean_absolute_difference(maps->map(index), truth.map(index)));
    }
    return true;
  }

  const fs::path& folder_;
  const Results& results_;
  const ExampleFiles& examples_;
  const std::set<std::string>& unchanged_;
  std::vector<Picture> pictures_;
};

}  // namespace

std::vector<Picture> draw_pictures(const fs::path& folder, const Results& results, const ExampleFiles& examples,
                                   const std::set<std::string>& unchanged) {
  fs::create_directories(folder / kSubfolder);
  Artist artist(folder, results, examples, unchanged);
  for (const DomainConfig& domain : results.config().domains) {
    artist.draw_error(domain);
    artist.draw_maps(domain);
  }
  return artist.pictures();
}

}  // namespace strataform::study
