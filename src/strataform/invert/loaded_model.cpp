#include "strataform/invert/loaded_model.h"

namespace strataform::invert {

LoadedModel::LoadedModel(const std::filesystem::path& file, const std::string& device)
    : model_(model::load_model(file, device)) {}

}  // namespace strataform::invert
