#include "strataform/figures/canvas.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <numbers>
#include <sstream>

#include "strataform/core/error.h"

namespace strataform::figures {
namespace {

// DejaVu Sans: the height of its capitals in parts of the size.
constexpr double kCapitalHeight = 0.729;
constexpr double kLineSpacing = 1.4;
constexpr double kHeadingGap = 12.0;
const TextStyle kTitle{.size = 14.0, .bold = true, .color = kInk};
const TextStyle kSubtitle{.size = 10.0};

void select_font(cairo_t* context, const TextStyle& style) {
  cairo_select_font_face(context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                         style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context, style.size);
  // Hinting moves letters to whole pixels, which spoils both their spacing and the measured widths.
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_set_font_options(context, options);
  cairo_font_options_destroy(options);
}

void set_color(cairo_t* context, const Rgb& color) {
  cairo_set_source_rgb(context, color.red, color.green, color.blue);
}

double advance(cairo_t* context, const std::string& text) {
  cairo_text_extents_t extents;
  cairo_text_extents(context, text.c_str(), &extents);
  return extents.x_advance;
}

std::vector<std::string> wrap(const std::string& text, const TextStyle& style, double width) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::string longer = lines.empty() ? word : lines.back() + " " + word;
    if (lines.empty() || text_width(longer, style) > width) {
      lines.push_back(word);
    } else {
      lines.back() = longer;
    }
  }
  return lines;
}

// cairo is C: an exception must not pass through it, so it waits here.
struct PngSink {
  AtomicFile& file;
  std::exception_ptr failure;
};

cairo_status_t write_png_part(void* closure, const unsigned char* data, unsigned int length) {
  auto& sink = *static_cast<PngSink*>(closure);
  try {
    sink.file.write(std::as_bytes(std::span(data, length)));
    return CAIRO_STATUS_SUCCESS;
  } catch (...) {
    sink.failure = std::current_exception();
    return CAIRO_STATUS_WRITE_ERROR;
  }
}

}  // namespace

double text_width(std::string_view text, const TextStyle& style) {
  cairo_surface_t* surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
  cairo_t* context = cairo_create(surface);
  select_font(context, style);
  const double width = advance(context, std::string(text));
  cairo_destroy(context);
  cairo_surface_destroy(surface);
  return width;
}

double widest(std::span<const std::string> texts, const TextStyle& style) {
  double width = 0.0;
  for (const std::string& text : texts) width = std::max(width, text_width(text, style));
  return width;
}

std::string shorten(std::string text, const TextStyle& style, double width) {
  if (text_width(text, style) <= width) return text;
  const auto continues_character = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; };
  while (!text.empty() && text_width(text + "…", style) > width) {
    while (text.size() > 1 && continues_character(text.back())) text.pop_back();
    text.pop_back();
  }
  return text + "…";
}

Canvas::Canvas(double width, double height) {
  const double columns = std::ceil(width * kPixelsPerUnit);
  const double rows = std::ceil(height * kPixelsPerUnit);
  constexpr double kLargest = 32767.0;
  if (!(columns >= 1.0 && columns <= kLargest && rows >= 1.0 && rows <= kLargest)) {
    throw UsageError(
        fmt::format("figure: expected 1 to {:.0f} pixels a side, found {:.0f} x {:.0f}", kLargest, columns, rows));
  }
  surface_.reset(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(columns), static_cast<int>(rows)));
  context_.reset(cairo_create(surface_.get()));
  cairo_scale(context_.get(), kPixelsPerUnit, kPixelsPerUnit);
  set_color(context_.get(), {1.0, 1.0, 1.0});
  cairo_paint(context_.get());
  cairo_set_line_join(context_.get(), CAIRO_LINE_JOIN_ROUND);
}

void Canvas::text(double x, double y, const std::string& text, const TextStyle& style) {
  cairo_t* context = context_.get();
  cairo_save(context);
  select_font(context, style);
  set_color(context, style.color);
  cairo_translate(context, x, y);
  if (style.upwards) cairo_rotate(context, -std::numbers::pi / 2.0);
  cairo_move_to(context, -style.across * advance(context, text), style.above * kCapitalHeight * style.size);
  cairo_show_text(context, text.c_str());
  cairo_new_path(context);  // text leaves a point behind that the next path would start from
  cairo_restore(context);
}

void Canvas::line(double x0, double y0, double x1, double y1, const Rgb& color, double thickness) {
  const double x[] = {x0, x1};
  const double y[] = {y0, y1};
  curve(x, y, color, thickness);
}

void Canvas::curve(std::span<const double> x, std::span<const double> y, const Rgb& color, double thickness) {
  cairo_t* context = context_.get();
  set_color(context, color);
  cairo_set_line_width(context, thickness);
  for (std::size_t index = 0; index < x.size(); ++index) cairo_line_to(context, x[index], y[index]);
  cairo_stroke(context);
}

void Canvas::disc(double x, double y, double radius, const Rgb& color) {
  set_color(context_.get(), color);
  cairo_arc(context_.get(), x, y, radius, 0.0, 2.0 * std::numbers::pi);
  cairo_fill(context_.get());
}

void Canvas::fill(const Box& box, const Rgb& color) {
  set_color(context_.get(), color);
  cairo_rectangle(context_.get(), box.x, box.y, box.width, box.height);
  cairo_fill(context_.get());
}

void Canvas::frame(const Box& box, const Rgb& color) {
  set_color(context_.get(), color);
  cairo_set_line_width(context_.get(), 0.75);
  cairo_rectangle(context_.get(), box.x, box.y, box.width, box.height);
  cairo_stroke(context_.get());
}

void Canvas::image(const Box& box, std::span<const std::uint32_t> pixels, int rows, int columns) {
  cairo_surface_t* picture = cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns, rows);
  unsigned char* data = cairo_image_surface_get_data(picture);
  if (data == nullptr) {
    cairo_surface_destroy(picture);
    throw UsageError(fmt::format("figure: expected an image that cairo can hold, found {} x {} pixels", rows, columns));
  }
  const int stride = cairo_image_surface_get_stride(picture);
  for (int row = 0; row < rows; ++row) {
    const auto line = pixels.subspan(static_cast<std::size_t>(row) * columns, columns);
    std::copy(line.begin(), line.end(),
              reinterpret_cast<std::uint32_t*>(data + static_cast<std::ptrdiff_t>(row) * stride));
  }
  cairo_surface_mark_dirty(picture);
  cairo_t* context = context_.get();
  cairo_save(context);
  cairo_translate(context, box.x, box.y);
  cairo_scale(context, box.width / columns, box.height / rows);
  cairo_set_source_surface(context, picture, 0.0, 0.0);
  cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST);
  cairo_rectangle(context, 0.0, 0.0, columns, rows);
  cairo_fill(context);
  cairo_restore(context);
  cairo_surface_destroy(picture);
}

void Canvas::write_png(const std::filesystem::path& path, Overwrite overwrite) const {
  const cairo_status_t drawn = cairo_status(context_.get());
  if (drawn != CAIRO_STATUS_SUCCESS) {
    throw UsageError(fmt::format("{}: the figure cannot be drawn: {}", path.string(), cairo_status_to_string(drawn)));
  }
  AtomicFile file(path, overwrite);
  PngSink sink{file, nullptr};
  const cairo_status_t status = cairo_surface_write_to_png_stream(surface_.get(), write_png_part, &sink);
  if (sink.failure) std::rethrow_exception(sink.failure);
  if (status != CAIRO_STATUS_SUCCESS) {
    throw IoError(fmt::format("{}: cannot be written: {}", path.string(), cairo_status_to_string(status)));
  }
  file.commit();
}

Heading::Heading(const std::string& title, const std::string& subtitle, double width)
    : title_lines_(wrap(title, kTitle, width)), subtitle_lines_(wrap(subtitle, kSubtitle, width)) {}

double Heading::height() const {
  const double lines = kTitle.size * static_cast<double>(title_lines_.size()) +
                       kSubtitle.size * static_cast<double>(subtitle_lines_.size());
  return lines > 0.0 ? kLineSpacing * lines + kHeadingGap : 0.0;
}

void Heading::draw(Canvas& canvas, double x, double y) const {
  for (const std::string& line : title_lines_) {
    canvas.text(x, y + kTitle.size, line, kTitle);
    y += kLineSpacing * kTitle.size;
  }
  for (const std::string& line : subtitle_lines_) {
    canvas.text(x, y + kSubtitle.size, line, kSubtitle);
    y += kLineSpacing * kSubtitle.size;
  }
}

}  // namespace strataform::figures
