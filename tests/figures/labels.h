#pragma once

#include <string>
#include <vector>

#include "strataform/figures/canvas.h"

namespace strataform::test {

/// Texts of a drawing that cover each other or leave the page, in words; empty where all can be read.
inline std::vector<std::string> unreadable_labels(const figures::Canvas& canvas) {
  std::vector<std::string> found;
  const std::vector<figures::Label>& labels = canvas.labels();
  for (std::size_t k = 0; k < labels.size(); ++k) {
    const figures::Box& box = labels[k].box;
    if (box.x < 0.0 || box.y < 0.0 || box.right() > canvas.width() || box.bottom() > canvas.height()) {
      found.push_back("'" + labels[k].text + "' leaves the page");
    }
    for (std::size_t other = k + 1; other < labels.size(); ++other) {
      const figures::Box& second = labels[other].box;
      const bool apart =
          box.right() <= second.x || second.right() <= box.x || box.bottom() <= second.y || second.bottom() <= box.y;
      if (!apart) found.push_back("'" + labels[k].text + "' covers '" + labels[other].text + "'");
    }
  }
  return found;
}

/// Whether a text was drawn.
inline bool has_label(const figures::Canvas& canvas, const std::string& text) {
  for (const figures::Label& label : canvas.labels()) {
    if (label.text == text) return true;
  }
  return false;
}

}  // namespace strataform::test
