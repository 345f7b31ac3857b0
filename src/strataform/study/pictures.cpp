#include "strataform/study/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "strataform/figures/chart.h"
#include "strataform/figures/interval_chart.h"
#include "strataform/figures/panel.h"
#include "strataform/io/npy.h"
#include "strataform/study/page_table.h"
#include "strataform/survey/openfwi.h"

namespace strataform::study {
namespace {
namespace fs = std::filesystem;

constexpr const char* kSubfolder = "figures";

figures::Interval interval_of(const Finding& finding) {
  const Estimate& relative = finding.comparison.relative;
  figures::Interval row{.label = finding.text, .limit = 100.0 * finding.limit, .note = to_string(finding.verdict)};
  if (finding.verdict == Verdict::kHolds) row.tone = figures::Tone::kGood;
  if (finding.verdict == Verdict::kFails) row.tone = figures::Tone::kBad;
  if (relative.count == 0) return row;
  row.value = 100.0 * relative.mean;
  row.note = fmt::format("{} %: {}", with_interval(relative, {1, 100.0, true}), row.note);
  if (relative.has_interval()) row.half_width = 100.0 * relative.half_width;
  return row;
}

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

  void draw_claims(const std::vector<Claim>& claims) {
    std::vector<figures::IntervalGroup> groups;
    for (const Claim& claim : claims) {
      if (claim.findings.empty()) continue;
      figures::IntervalGroup& group = groups.emplace_back();
      group.title = fmt::format("{} Here: {}.", claim.statement, claim.verdict());
      for (const Finding& finding : claim.findings) group.rows.push_back(interval_of(finding));
    }
    if (groups.empty()) return;
    const std::string file = fmt::format("{}/claims.png", kSubfolder);
    figures::write_interval_chart(folder_ / file, groups,
                                  {.title = "The claims as they turn out",
                                   .subtitle = "95 % intervals over the seeds; a claim holds where the whole interval "
                                               "lies in the shaded part, left of the limit",
                                   .x_label = "relative difference (%)",
                                   .shade_below = true},
                                  Overwrite::kAllow);
    pictures_.push_back({"", file, "Each claim's relative differences as intervals against their limits"});
  }

  void draw_error(const DomainConfig& domain) {
    std::vector<figures::Series> series;
    for (const MethodConfig& method : results_.config().methods) {
      figures::Series line{.label = method.title};
      for (const Column& column : Results::columns_of(domain)) {
        if (!results_.has_all_seeds(method, column)) continue;
        const Estimate error = results_.estimate(method, column, mae_of);
        line.x.push_back(static_cast<double>(column.size));
        line.y.push_back(error.mean);
        line.half_width.push_back(error.has_interval() ? error.half_width : 0.0);
      }
      if (!line.x.empty()) series.push_back(std::move(line));
    }
    if (series.empty()) return;
    const std::string file = fmt::format("{}/{}-error.png", kSubfolder, domain.name);
    figures::write_line_chart(folder_ / file, series,
                              {.title = domain.title,
                               .subtitle = "Means over the seeds with 95 % intervals",
                               .x_label = "training examples",
                               .y_label = "mean absolute error (m/s)",
                               .log_x = true,
                               .log_y = true,
                               .dodge = 5.0},
                              Overwrite::kAllow);
    pictures_.push_back({domain.name, file, fmt::format("{}: error over the number of examples", domain.title)});
  }

  void draw_maps(const DomainConfig& domain) {
    const std::string file = fmt::format("{}/{}-maps.png", kSubfolder, domain.name);
    std::vector<std::vector<figures::Panel>> grid;
    std::int64_t adapted_with = 0;
    if (const std::optional<Maps> truth = read_maps(examples_.truth(domain.name))) {
      adapted_with = add_maps(domain, *truth, grid);
    }
    const bool is_kept = adapted_with == 0 && unchanged_.contains(domain.name) && fs::exists(folder_ / file);
    if (grid.size() <= 1 && !is_kept) return;
    if (!is_kept) {
      std::string subtitle = "The first test examples";
      if (adapted_with > 0) subtitle += fmt::format("; adapted with {} examples", adapted_with);
      figures::write_panels(folder_ / file, grid, {.title = domain.title, .subtitle = subtitle}, Overwrite::kAllow);
    }
    pictures_.push_back({domain.name, file, fmt::format("{}: true and predicted maps", domain.title)});
  }

  [[nodiscard]] const std::vector<Picture>& pictures() const { return pictures_; }

 private:
  /// Rows of true maps and of the predictions that were kept. Returns the number of samples that the adapted ones had;
  /// 0 where there are none.
  std::int64_t add_maps(const DomainConfig& domain, const Maps& truth,
                        std::vector<std::vector<figures::Panel>>& grid) const {
    std::vector<figures::Panel>& first = grid.emplace_back();
    for (std::int64_t index = 0; index < truth.count; ++index) {
      first.push_back(figures::velocity_panel(truth.map(index), truth.shape, "True velocity"));
    }
    std::int64_t adapted_with = 0;
    for (const MethodConfig& method : results_.config().methods) {
      if (method.kind == MethodKind::kZeroShot) {
        add_row({&domain, domain.sizes.front()}, method, truth, grid);
      } else if (method.is_peft() && adapted_with == 0) {
        adapted_with = add_largest(domain, method, truth, grid);
      }
    }
    return adapted_with;
  }

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

std::vector<Picture> draw_pictures(const fs::path& folder, const Results& results, const std::vector<Claim>& claims,
                                   const ExampleFiles& examples, const std::set<std::string>& unchanged) {
  fs::create_directories(folder / kSubfolder);
  Artist artist(folder, results, examples, unchanged);
  artist.draw_claims(claims);
  for (const DomainConfig& domain : results.config().domains) {
    artist.draw_error(domain);
    artist.draw_maps(domain);
  }
  return artist.pictures();
}

}  // namespace strataform::study
