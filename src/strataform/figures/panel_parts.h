#pragma once

#include "strataform/figures/canvas.h"
#include "strataform/figures/panel.h"

// One panel of a grid: what is around its image, and how it is drawn.
namespace strataform::figures {

struct Size {
  double width = 0.0;
  double height = 0.0;
};

/// What of a panel is drawn, which depends on its neighbours.
struct PanelParts {
  Size image{};
  double title_width = 0.0;  ///< of the cell
  bool caption_below = false;
  bool markers_below = false;  ///< titles leave room for them
  bool horizontal_labels = true;
  bool vertical_labels = true;
  bool color_bar = true;
};

/// Whether title and caption do not fit beside each other over the image.
[[nodiscard]] bool is_caption_too_long(const Panel& panel, const Size& image);
/// The least size of a panel's cell: titles, names of axes and the colour bar's unit may be longer than the image.
[[nodiscard]] Size least_cell(const Panel& panel, const PanelParts& parts, double longest_title);

/// The space that titles, axes and colour bar take around the image.
struct Margins {
  double left = 0.0;
  double right = 0.0;
  double top = 0.0;
  double bottom = 0.0;
};
[[nodiscard]] Margins margins_of(const Panel& panel, const PanelParts& parts);

/// x and y: of the image's upper left corner.
void draw_panel(Canvas& canvas, const Panel& panel, const PanelParts& parts, double x, double y);

}  // namespace strataform::figures
