#include "strataform/figures/canvas.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <new>
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

// cairo is C: an exception must not pass through it.
cairo_status_t append(void* closure, const unsigned char* data, unsigned int length) noexcept {
  try {
    static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
  } catch (const std::bad_alloc&) {
    return CAIRO_STATUS_NO_MEMORY;
  }
}

cairo_surface_t* make_surface(Format format, double width, double height, std::string* bytes) {
  if (format == Format::kSvg) return cairo_svg_surface_create_for_stream(append, bytes, width, height);
  if (format == Format::kPdf) {
    cairo_surface_t* surface = cairo_pdf_surface_create_for_stream(append, bytes, width, height);
    // Without a date, which would make the bytes others every time.
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "");
    return surface;
  }
  const int pixels = pixels_per_unit(format);
  return cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(std::ceil(width * pixels)),
                                    static_cast<int>(std::ceil(height * pixels)));
}

/// cairo numbers an SVG's elements ("surface12", "image15") by what the process has drawn before: here from 0 on.
std::string with_own_numbers(const std::string& svg) {
  constexpr std::string_view kStems[] = {"surface", "image", "mask"};
  std::map<std::string, std::size_t> numbers;
  std::string result;
  for (std::size_t place = 0; place < svg.size();) {
    const auto* stem = std::find_if(std::begin(kStems), std::end(kStems), [&](std::string_view word) {
      const bool is_name = place > 0 && (svg[place - 1] == '"' || svg[place - 1] == '#');
      return is_name && svg.compare(place, word.size(), word) == 0;
    });
    const std::size_t digits = stem == std::end(kStems) ? place : place + stem->size();
    const std::size_t end = svg.find_first_not_of("0123456789", digits);
    if (stem == std::end(kStems) || end == digits || end == std::string::npos) {
      result += svg[place++];
      continue;
    }
    const std::size_t number = numbers.try_emplace(svg.substr(place, end - place), numbers.size()).first->second;
    result += fmt::format("{}{}", *stem, number);
    place = end;
  }
  return result;
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

struct Canvas::Page {
  Page(Format format, double width, double height)
      : surface(make_surface(format, width, height, &bytes)), context(cairo_create(surface)) {}
  ~Page() {
    cairo_destroy(context);
    cairo_surface_destroy(surface);
  }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  Page(Page&&) = delete;
  Page& operator=(Page&&) = delete;

  std::string bytes;  ///< that the surface has written so far
  cairo_surface_t* surface;
  cairo_t* context;
};

Canvas::Canvas(double width, double height, Format format) : width_(width), height_(height), format_(format) {
  constexpr double kLargest = 16383.0;
  if (!(width > 0.0 && width <= kLargest && height > 0.0 && height <= kLargest)) {
    throw UsageError(fmt::format("figure: expected a size of up to {:.0f} x {:.0f}, found {:.0f} x {:.0f}", kLargest,
                                 kLargest, width, height));
  }
  page_ = std::make_unique<Page>(format, width, height);
  cairo_t* context = page_->context;
  if (format == Format::kPng) cairo_scale(context, pixels_per_unit(format), pixels_per_unit(format));
  set_color(context, {1.0, 1.0, 1.0});
  cairo_paint(context);
  cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND);
}

Canvas::~Canvas() = default;
Canvas::Canvas(Canvas&& other) noexcept = default;
Canvas& Canvas::operator=(Canvas&& other) noexcept = default;

void Canvas::text(double x, double y, const std::string& text, const TextStyle& style) {
  if (text.empty()) return;
  cairo_t* context = page_->context;
  cairo_save(context);
  select_font(context, style);
  set_color(context, style.color);
  cairo_translate(context, x, y);
  if (style.upwards) cairo_rotate(context, -std::numbers::pi / 2.0);
  const double length = advance(context, text);
  const double height = kCapitalHeight * style.size;
  cairo_move_to(context, -style.across * length, style.above * height);
  cairo_show_text(context, text.c_str());
  cairo_new_path(context);  // text leaves a point behind that the next path would start from
  cairo_restore(context);
  const double before = style.across * length;
  const double under = (style.above - 1.0) * height;
  labels_.push_back({text, style.upwards ? Box{x + under, y - length + before, height, length}
                                         : Box{x - before, y + under, length, height}});
}

void Canvas::line(double x0, double y0, double x1, double y1, const Rgb& color, double thickness) {
  const double x[] = {x0, x1};
  const double y[] = {y0, y1};
  curve(x, y, color, thickness);
}

void Canvas::curve(std::span<const double> x, std::span<const double> y, const Rgb& color, double thickness) {
  cairo_t* context = page_->context;
  set_color(context, color);
  cairo_set_line_width(context, thickness);
  for (std::size_t index = 0; index < x.size(); ++index) cairo_line_to(context, x[index], y[index]);
  cairo_stroke(context);
}

void Canvas::disc(double x, double y, double radius, const Rgb& color) {
  set_color(page_->context, color);
  cairo_arc(page_->context, x, y, radius, 0.0, 2.0 * std::numbers::pi);
  cairo_fill(page_->context);
}

void Canvas::polygon(std::span<const double> x, std::span<const double> y, const Rgb& color) {
  set_color(page_->context, color);
  for (std::size_t index = 0; index < x.size(); ++index) cairo_line_to(page_->context, x[index], y[index]);
  cairo_fill(page_->context);
}

void Canvas::fill(const Box& box, const Rgb& color) {
  set_color(page_->context, color);
  cairo_rectangle(page_->context, box.x, box.y, box.width, box.height);
  cairo_fill(page_->context);
}

void Canvas::frame(const Box& box, const Rgb& color) {
  set_color(page_->context, color);
  cairo_set_line_width(page_->context, 0.75);
  cairo_rectangle(page_->context, box.x, box.y, box.width, box.height);
  cairo_stroke(page_->context);
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
  cairo_t* context = page_->context;
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

void Canvas::write(const std::filesystem::path& path, Overwrite overwrite) {
  const cairo_status_t drawn = cairo_status(page_->context);
  if (drawn != CAIRO_STATUS_SUCCESS) {
    throw UsageError(fmt::format("{}: the figure cannot be plotted: {}", path.string(), cairo_status_to_string(drawn)));
  }
  cairo_status_t status = CAIRO_STATUS_SUCCESS;
  if (format_ == Format::kPng) {
    status = cairo_surface_write_to_png_stream(page_->surface, append, &page_->bytes);
  } else {
    cairo_surface_finish(page_->surface);
    status = cairo_surface_status(page_->surface);
  }
  if (status != CAIRO_STATUS_SUCCESS) {
    throw IoError(fmt::format("{}: cannot be written: {}", path.string(), cairo_status_to_string(status)));
  }
  AtomicFile file(path, overwrite);
  file.write(std::string_view(format_ == Format::kSvg ? with_own_numbers(page_->bytes) : page_->bytes));
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
