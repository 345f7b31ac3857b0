#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "strataform/core/error.h"
#include "strataform/figures/panel.h"
#include "strataform/figures/panel_parts.h"

namespace strataform::figures {
namespace {

using Grid = std::vector<std::vector<Panel>>;

constexpr double kMargin = 16.0;
constexpr double kGap = 14.0;  // between panels, besides their labels
constexpr double kRowLabelWidth = 22.0;
constexpr double kLeastPageWidth = 280.0;
constexpr double kLongestImage = 720.0;
const TextStyle kRowLabel{.size = 10.0, .bold = true, .color = kInk, .across = 0.5, .upwards = true};

void check_axis(const Panel& panel, const Axis& axis) {
  if (!std::isfinite(axis.first) || !std::isfinite(axis.last) || axis.first == axis.last) {
    throw InputError(fmt::format("panel '{}': expected an axis with two finite, different ends, found {} to {}",
                                 panel.title, axis.first, axis.last));
  }
}

void check_panel(const Panel& panel) {
  const bool sized =
      panel.rows > 0 && panel.columns > 0 &&
      panel.values.size() == static_cast<std::size_t>(panel.rows) * static_cast<std::size_t>(panel.columns);
  if (!sized) {
    throw InputError(fmt::format("panel '{}': expected {} x {} values, found {}", panel.title, panel.rows,
                                 panel.columns, panel.values.size()));
  }
  const auto broken = std::find_if(panel.values.begin(), panel.values.end(), [](float v) { return !std::isfinite(v); });
  if (broken != panel.values.end()) {
    throw InputError(fmt::format("panel '{}': expected finite values, found {} at index {}", panel.title, *broken,
                                 broken - panel.values.begin()));
  }
  if (!std::isfinite(panel.range.low) || !std::isfinite(panel.range.high) || panel.range.low >= panel.range.high) {
    throw InputError(fmt::format("panel '{}': expected a finite colour range with low < high, found {} to {}",
                                 panel.title, panel.range.low, panel.range.high));
  }
  check_axis(panel, panel.horizontal);
  check_axis(panel, panel.vertical);
}

void check_grid(const Grid& grid, const FigureOptions& options) {
  if (grid.empty() || std::any_of(grid.begin(), grid.end(), [](const auto& row) { return row.empty(); })) {
    throw UsageError("figure: expected at least one panel in every row");
  }
  if (!options.row_labels.empty() && options.row_labels.size() != grid.size()) {
    throw UsageError(fmt::format("figure: expected {} row labels, found {}", grid.size(), options.row_labels.size()));
  }
  if (!(options.cell_size > 0.0)) {
    throw UsageError(fmt::format("figure: expected a positive cell size, found {}", options.cell_size));
  }
  for (const auto& row : grid) {
    for (const Panel& panel : row) check_panel(panel);
  }
}

double extent(const Axis& axis) { return std::abs(axis.last - axis.first); }

// Points for each unit of length with which a panel that is to scale has the area of a cell.
double own_scale(const Panel& panel, double cell_size) {
  const double width = extent(panel.horizontal);
  const double height = extent(panel.vertical);
  return std::min(cell_size / std::sqrt(width * height), kLongestImage / std::max(width, height));
}

// That of all of them: the largest one has the area of a cell.
double common_scale(const Grid& grid, double cell_size) {
  double smallest = std::numeric_limits<double>::infinity();
  for (const auto& row : grid) {
    for (const Panel& panel : row) {
      if (panel.to_scale) smallest = std::min(smallest, own_scale(panel, cell_size));
    }
  }
  return smallest;
}

// Gives panels of the same colours and unit the widest range of theirs.
void share_ranges(Grid& grid) {
  std::map<std::pair<Scale, std::string>, ColorRange> common;
  for (const bool gathering : {true, false}) {
    for (auto& row : grid) {
      for (Panel& panel : row) {
        if (panel.own_range) continue;
        ColorRange& range = common.try_emplace({panel.range.scale, panel.range.unit}, panel.range).first->second;
        if (gathering) {
          range.low = std::min(range.low, panel.range.low);
          range.high = std::max(range.high, panel.range.high);
        } else {
          panel.range = range;
        }
      }
    }
  }
}

// The columns or the rows of the grid: how long each is, and the space around it.
struct Tracks {
  explicit Tracks(std::size_t count) : length(count, 0.0), before(count, 0.0), after(count, 0.0) {}

  std::vector<double> length;
  std::vector<double> before;
  std::vector<double> after;

  [[nodiscard]] double total() const {
    double sum = kGap * static_cast<double>(length.size() - 1);
    for (std::size_t k = 0; k < length.size(); ++k) sum += before[k] + length[k] + after[k];
    return sum;
  }
};

void widen(double& length, double needed) { length = std::max(length, needed); }

std::size_t longest_row(const Grid& grid) {
  std::size_t columns = 0;
  for (const auto& row : grid) columns = std::max(columns, row.size());
  return columns;
}

// Sizes and draws a checked grid. Images stand in the upper left corners of their cells.
class Layout {
 public:
  Layout(const Grid& grid, const FigureOptions& options)
      : grid_(grid), options_(options), scale_(common_scale(grid, options.cell_size)), columns_(longest_row(grid)),
        rows_(grid.size()) {
    for (std::size_t row = 0; row < grid.size(); ++row) measure_cells(row);
    for (std::size_t row = 0; row < grid.size(); ++row) measure_margins(row);
    if (!options.row_labels.empty()) label_width_ = kRowLabelWidth;
    width_ = std::max(2.0 * kMargin + label_width_ + columns_.total(), kLeastPageWidth);
    heading_ = Heading(options.title, options.subtitle, width_ - 2.0 * kMargin);
  }

  [[nodiscard]] double width() const { return width_; }
  [[nodiscard]] double height() const { return 2.0 * kMargin + heading_.height() + rows_.total(); }

  void draw(Canvas& canvas) const {
    heading_.draw(canvas, kMargin, kMargin);
    double y = kMargin + heading_.height();
    for (std::size_t row = 0; row < grid_.size(); ++row) {
      y += rows_.before[row];
      const double height = rows_.length[row];
      if (!options_.row_labels.empty()) {
        canvas.text(kMargin + kRowLabel.size, y + height / 2.0, shorten(options_.row_labels[row], kRowLabel, height),
                    kRowLabel);
      }
      double x = kMargin + label_width_;
      for (std::size_t column = 0; column < grid_[row].size(); ++column) {
        x += columns_.before[column];
        draw_panel(canvas, grid_[row][column], parts_of(row, column), x, y);
        x += columns_.length[column] + columns_.after[column] + kGap;
      }
      y += height + rows_.after[row] + kGap;
    }
  }

 private:
  // In the common scale, unless little would be left of the panel.
  [[nodiscard]] Size size_to_scale(const Panel& panel) const {
    constexpr double kMostReduced = 3.0;
    const double own = own_scale(panel, options_.cell_size);
    const double scale = own > kMostReduced * scale_ ? own : scale_;
    return {scale * extent(panel.horizontal), scale * extent(panel.vertical)};
  }

  // A panel that is not to scale is about as high as those beside it that are.
  [[nodiscard]] Size image_size(std::size_t row, std::size_t column) const {
    const Panel& panel = grid_[row][column];
    if (panel.to_scale) return size_to_scale(panel);
    double height = 0.0;
    for (const Panel& other : grid_[row]) {
      if (other.to_scale) widen(height, size_to_scale(other).height);
    }
    return {options_.cell_size, height > 0.0 ? std::max(height, 0.5 * options_.cell_size) : options_.cell_size};
  }

  [[nodiscard]] bool has_vertical_labels(std::size_t row, std::size_t column) const {
    if (column == 0) return true;
    const bool same_height = image_size(row, column - 1).height == image_size(row, column).height;
    return !same_height || grid_[row][column - 1].vertical != grid_[row][column].vertical;
  }

  [[nodiscard]] bool has_horizontal_labels(std::size_t row, std::size_t column) const {
    if (row + 1 == grid_.size() || grid_[row + 1].size() <= column) return true;
    const bool same_width = image_size(row + 1, column).width == image_size(row, column).width;
    return !same_width || grid_[row + 1][column].horizontal != grid_[row][column].horizontal;
  }

  [[nodiscard]] bool has_color_bar(std::size_t row, std::size_t column) const {
    const Panel& panel = grid_[row][column];
    if (!panel.color_bar) return false;
    if (column + 1 == grid_[row].size()) return true;
    const Panel& next = grid_[row][column + 1];
    return !next.color_bar || next.range != panel.range;
  }

  // Where one caption of a row does not fit beside its title, all of them get a line of their own.
  [[nodiscard]] bool has_captions_below(std::size_t row) const {
    for (std::size_t column = 0; column < grid_[row].size(); ++column) {
      if (is_caption_too_long(grid_[row][column], image_size(row, column))) return true;
    }
    return false;
  }

  [[nodiscard]] PanelParts parts_of(std::size_t row, std::size_t column) const {
    return {.image = image_size(row, column),
            .title_width = columns_.length[column],
            .caption_below = has_captions_below(row),
            .markers_below = std::ranges::any_of(grid_[row], [](const Panel& panel) { return !panel.markers.empty(); }),
            .horizontal_labels = has_horizontal_labels(row, column),
            .vertical_labels = has_vertical_labels(row, column),
            .color_bar = has_color_bar(row, column)};
  }

  void measure_cells(std::size_t row) {
    for (std::size_t column = 0; column < grid_[row].size(); ++column) {
      const Size cell = least_cell(grid_[row][column], parts_of(row, column), options_.cell_size);
      widen(columns_.length[column], cell.width);
      widen(rows_.length[row], cell.height);
    }
  }

  void measure_margins(std::size_t row) {
    for (std::size_t column = 0; column < grid_[row].size(); ++column) {
      const PanelParts parts = parts_of(row, column);
      const Margins margins = margins_of(grid_[row][column], parts);
      widen(columns_.before[column], margins.left);
      widen(rows_.before[row], margins.top);
      // On the right and below, margins have the rest of the cell, too.
      widen(columns_.after[column], margins.right - (columns_.length[column] - parts.image.width));
      widen(rows_.after[row], margins.bottom - (rows_.length[row] - parts.image.height));
    }
  }

  const Grid& grid_;
  const FigureOptions& options_;
  double scale_;
  Tracks columns_;
  Tracks rows_;
  double label_width_ = 0.0;
  double width_ = 0.0;
  Heading heading_;
};

}  // namespace

Canvas draw_panels(Grid grid, const FigureOptions& options, Format format) {
  check_grid(grid, options);
  share_ranges(grid);
  const Layout layout(grid, options);
  Canvas canvas(layout.width(), layout.height(), format);
  layout.draw(canvas);
  return canvas;
}

void write_panels(const std::filesystem::path& path, Grid grid, const FigureOptions& options, Overwrite overwrite) {
  check_picture_path(path, overwrite);
  draw_panels(std::move(grid), options, format_of(path)).write(path, overwrite);
}

}  // namespace strataform::figures
