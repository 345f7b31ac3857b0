#pragma once

#include <string>
#include <vector>

#include "strataform/figures/canvas.h"

namespace strataform::figures {

struct LegendEntry {
  std::string label;
  Rgb color;
};

/// Coloured labels in as many lines as width asks for. Entries without a label are left out.
class Legend {
 public:
  Legend(std::vector<LegendEntry> entries, double width);
  /// With the distance to what follows; 0 without entries.
  [[nodiscard]] double height() const;
  void draw(Canvas& canvas, double x, double y) const;

 private:
  struct Place {
    LegendEntry entry;
    double x;
    int line;
  };

  std::vector<Place> places_;
};

}  // namespace strataform::figures
