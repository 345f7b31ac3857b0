#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "strataform/core/error.h"
#include "strataform/figures/panel.h"
#include "strataform/figures/ticks.h"

namespace strataform::figures {
namespace {

using Grid = std::vector<std::vector<Panel>>;

constexpr double kMargin = 16.0;
constexpr double kGap = 14.0;  // between panels, besides their labels
constexpr double kTickLength = 3.0;
constexpr double kTickGap = 2.5;
constexpr double kLabelGap = 6.0;
constexpr double kTitleGap = 5.0;
constexpr double kBarGap = 7.0;
constexpr double kBarWidth = 8.0;
constexpr double kXTickDistance = 44.0;
constexpr double kYTickDistance = 32.0;
const TextStyle kTitle{.size = 10.0, .color = kInk};
const TextStyle kCaption{.size = 9.0};
const TextStyle kLabel{.size = 9.0};
const TextStyle kTick{.size = 8.0};
const TextStyle kRowLabel{.size = 10.0, .bold = true, .color = kInk};

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
  if (!(options.cell_width > 0.0) || !(options.cell_height > 0.0)) {
    throw UsageError(
        fmt::format("figure: expected a positive cell size, found {} x {}", options.cell_width, options.cell_height));
  }
  for (const auto& row : grid) {
    for (const Panel& panel : row) check_panel(panel);
  }
}

Ticks x_ticks(const Axis& axis, double length) {
  return nice_ticks(axis.first, axis.last, static_cast<int>(length / kXTickDistance) + 1);
}

Ticks y_ticks(const Axis& axis, double length) {
  return nice_ticks(axis.first, axis.last, static_cast<int>(length / kYTickDistance) + 1);
}

// Space around the images: before and after each column and row of the grid.
struct Spacing {
  std::vector<double> left;
  std::vector<double> right;
  std::vector<double> top;
  std::vector<double> bottom;
};

// Sizes and draws a checked grid.
class Layout {
 public:
  Layout(const Grid& grid, const FigureOptions& options) : grid_(grid), options_(options) {
    std::size_t columns = 0;
    for (const auto& row : grid) columns = std::max(columns, row.size());
    spacing_.left.assign(columns, 0.0);
    spacing_.right.assign(columns, 0.0);
    spacing_.top.assign(grid.size(), 0.0);
    spacing_.bottom.assign(grid.size(), 0.0);
    caption_below_.assign(grid.size(), false);
    for (std::size_t row = 0; row < grid.size(); ++row) measure_row(row);
    if (!options.row_labels.empty()) label_width_ = kRowLabel.size + 2.0 * kLabelGap;
    width_ = 2.0 * kMargin + label_width_ + span(spacing_.left, spacing_.right, options.cell_width);
    heading_ = Heading(options.title, options.subtitle, width_ - 2.0 * kMargin);
  }

  [[nodiscard]] double width() const { return width_; }
  [[nodiscard]] double height() const {
    return 2.0 * kMargin + heading_.height() + span(spacing_.top, spacing_.bottom, options_.cell_height);
  }

  void draw(Canvas& canvas) const {
    heading_.draw(canvas, kMargin, kMargin);
    double y = kMargin + heading_.height();
    for (std::size_t row = 0; row < grid_.size(); ++row) {
      y += spacing_.top[row];
      if (!options_.row_labels.empty()) {
        TextStyle style = kRowLabel;
        style.across = 0.5;
        style.upwards = true;
        canvas.text(kMargin + kRowLabel.size, y + options_.cell_height / 2.0,
                    shorten(options_.row_labels[row], style, options_.cell_height), style);
      }
      double x = kMargin + label_width_;
      for (std::size_t column = 0; column < grid_[row].size(); ++column) {
        x += spacing_.left[column];
        draw_panel(canvas, row, column, {x, y, options_.cell_width, options_.cell_height});
        x += options_.cell_width + spacing_.right[column] + kGap;
      }
      y += options_.cell_height + spacing_.bottom[row] + kGap;
    }
  }

 private:
  static double span(const std::vector<double>& before, const std::vector<double>& after, double cell) {
    double length = kGap * static_cast<double>(before.size() - 1);
    for (std::size_t k = 0; k < before.size(); ++k) length += before[k] + cell + after[k];
    return length;
  }

  [[nodiscard]] bool labels_vertical(std::size_t row, std::size_t column) const {
    return column == 0 || grid_[row][column - 1].vertical != grid_[row][column].vertical;
  }

  [[nodiscard]] bool labels_horizontal(std::size_t row, std::size_t column) const {
    const bool last = row + 1 == grid_.size() || grid_[row + 1].size() <= column;
    return last || grid_[row + 1][column].horizontal != grid_[row][column].horizontal;
  }

  [[nodiscard]] bool has_bar(std::size_t row, std::size_t column) const {
    const Panel& panel = grid_[row][column];
    if (!panel.color_bar) return false;
    const bool last = column + 1 == grid_[row].size();
    return last || !grid_[row][column + 1].color_bar || grid_[row][column + 1].range != panel.range;
  }

  [[nodiscard]] Box bar_box(const Box& image) const {
    return {image.right() + kBarGap, image.y, kBarWidth, image.height};
  }

  void measure_row(std::size_t row) {
    const Box cell{0.0, 0.0, options_.cell_width, options_.cell_height};
    bool titled = false;
    bool captioned = false;
    for (std::size_t column = 0; column < grid_[row].size(); ++column) {
      const Panel& panel = grid_[row][column];
      titled = titled || !panel.title.empty() || !panel.caption.empty();
      captioned =
          captioned ||
          (!panel.title.empty() && !panel.caption.empty() &&
           text_width(panel.title, kTitle) + 2.0 * kLabelGap + text_width(panel.caption, kCaption) > cell.width);
      if (labels_vertical(row, column)) {
        const double labels = kTickLength + kTickGap + widest(y_ticks(panel.vertical, cell.height).labels, kTick);
        const double name = panel.vertical.label.empty() ? 0.0 : kLabelGap + kLabel.size;
        spacing_.left[column] = std::max(spacing_.left[column], labels + name);
      }
      if (labels_horizontal(row, column)) {
        const double name = panel.horizontal.label.empty() ? 0.0 : kLabelGap + kLabel.size;
        spacing_.bottom[row] = std::max(spacing_.bottom[row], kTickLength + kTickGap + kTick.size + name);
      }
      if (has_bar(row, column)) {
        const Box bar = bar_box(cell);
        const double needed = bar.right() - cell.right() + color_bar_label_width(bar, panel.range);
        spacing_.right[column] = std::max(spacing_.right[column], needed);
      }
    }
    // Where one caption of a row does not fit beside its title, all of them get a line of their own.
    caption_below_[row] = captioned;
    if (titled) spacing_.top[row] = kTitle.size + kTitleGap;
    if (captioned) spacing_.top[row] += kCaption.size + kTitleGap;
  }

  void draw_panel(Canvas& canvas, std::size_t row, std::size_t column, const Box& box) const {
    const Panel& panel = grid_[row][column];
    draw_image(canvas, box, panel.values, panel.rows, panel.columns, panel.range);
    draw_titles(canvas, panel, box, caption_below_[row]);
    draw_horizontal_axis(canvas, panel.horizontal, box, labels_horizontal(row, column));
    draw_vertical_axis(canvas, panel.vertical, box, labels_vertical(row, column));
    if (has_bar(row, column)) draw_color_bar(canvas, bar_box(box), panel.range);
  }

  static void draw_titles(Canvas& canvas, const Panel& panel, const Box& box, bool caption_below) {
    const double baseline = box.y - kTitleGap;
    const double line = caption_below ? kCaption.size + kTitleGap : 0.0;
    canvas.text(box.x, baseline - line, shorten(panel.title, kTitle, box.width), kTitle);
    TextStyle style = kCaption;
    style.across = caption_below ? 0.0 : 1.0;
    canvas.text(box.x + style.across * box.width, baseline, shorten(panel.caption, kCaption, box.width), style);
  }

  static void draw_horizontal_axis(Canvas& canvas, const Axis& axis, const Box& box, bool labelled) {
    const Ticks ticks = x_ticks(axis, box.width);
    TextStyle style = kTick;
    style.across = 0.5;
    style.above = 1.0;
    const double label_y = box.bottom() + kTickLength + kTickGap;
    for (std::size_t k = 0; k < ticks.values.size(); ++k) {
      const double x = box.x + (ticks.values[k] - axis.first) / (axis.last - axis.first) * box.width;
      canvas.line(x, box.bottom(), x, box.bottom() + kTickLength, kFrame);
      if (labelled) canvas.text(x, label_y, ticks.labels[k], style);
    }
    style.size = kLabel.size;
    if (labelled) canvas.text(box.x + box.width / 2.0, label_y + kTick.size + kLabelGap, axis.label, style);
  }

  static void draw_vertical_axis(Canvas& canvas, const Axis& axis, const Box& box, bool labelled) {
    const Ticks ticks = y_ticks(axis, box.height);
    TextStyle style = kTick;
    style.across = 1.0;
    style.above = 0.5;
    const double label_x = box.x - kTickLength - kTickGap;
    for (std::size_t k = 0; k < ticks.values.size(); ++k) {
      const double y = box.y + (ticks.values[k] - axis.first) / (axis.last - axis.first) * box.height;
      canvas.line(box.x - kTickLength, y, box.x, y, kFrame);
      if (labelled) canvas.text(label_x, y, ticks.labels[k], style);
    }
    TextStyle name = kLabel;
    name.across = 0.5;
    name.upwards = true;
    const double name_x = label_x - widest(ticks.labels, kTick) - kLabelGap;
    if (labelled) canvas.text(name_x, box.y + box.height / 2.0, axis.label, name);
  }

  const Grid& grid_;
  const FigureOptions& options_;
  Spacing spacing_;
  std::vector<bool> caption_below_;
  double label_width_ = 0.0;
  double width_ = 0.0;
  Heading heading_;
};

}  // namespace

void write_panels(const std::filesystem::path& path, const Grid& grid, const FigureOptions& options,
                  Overwrite overwrite) {
  check_output_path(path, overwrite);
  check_grid(grid, options);
  const Layout layout(grid, options);
  Canvas canvas(layout.width(), layout.height());
  layout.draw(canvas);
  canvas.write_png(path, overwrite);
}

}  // namespace strataform::figures
