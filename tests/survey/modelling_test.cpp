// OpenFWI's preset, and what files hold of a modelling: in metres now, in cells before.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/survey/cell_survey_json.h"
#include "strataform/survey/modelling_json.h"
#include "strataform/survey/openfwi.h"

namespace strataform::survey {
namespace {

std::vector<double> source_columns(const Modelling& modelling) {
  std::vector<double> columns;
  for (const Shot& shot : modelling.survey.shots) columns.push_back(shot.source.x / modelling.grid.spacing);
  return columns;
}

TEST(Openfwi, HasFiveSourcesAndAReceiverInEveryColumn) {
  const Modelling modelling = openfwi();
  EXPECT_EQ(source_columns(modelling), (std::vector<double>{0, 17, 34, 52, 69}));
  for (const Shot& shot : modelling.survey.shots) {
    EXPECT_EQ(shot.source.z, 10.0);
    ASSERT_EQ(shot.receivers.size(), 70U);
    EXPECT_EQ(shot.receivers[69], (Point{690.0, 10.0}));
  }
  EXPECT_EQ(common_receivers(modelling.survey), 70);
  EXPECT_EQ(gather_size(modelling.survey), 5 * 1000 * 70);
}

TEST(Openfwi, RoundsThePlacesOfSourcesOverOtherWidths) {
  EXPECT_EQ(source_columns(openfwi({.nx = 190})), (std::vector<double>{0, 47, 94, 142, 189}));
  EXPECT_EQ(source_columns(openfwi({.nx = 200, .shots = 3})), (std::vector<double>{0, 100, 199}));
  EXPECT_EQ(source_columns(openfwi({.nx = 21, .shots = 1})), (std::vector<double>{10}));
  EXPECT_EQ(source_columns(openfwi({.nx = 1, .shots = 2})), (std::vector<double>{0, 0}));
  EXPECT_THROW((void)openfwi({.shots = 0}), UsageError);
  EXPECT_THROW((void)openfwi({.nx = 0}), UsageError);
}

TEST(Openfwi, AddsTheMirrorImagesOfSourcesThatHaveNone) {
  EXPECT_EQ(source_columns(openfwi({.flip_shots = true})), (std::vector<double>{0, 17, 34, 52, 69, 35}));
  EXPECT_EQ(source_columns(openfwi({.nx = 71, .flip_shots = true})), source_columns(openfwi({.nx = 71})));
}

/// Everything other than it is by itself.
Modelling unusual() {
  Modelling modelling = openfwi();
  modelling.grid = {30, 400, 12.5, {-100.0, 3.0}};
  modelling.survey.samples = 800;
  modelling.survey.sample_interval = 4e-3;
  modelling.survey.shots = {{{0.1, 10.0}, {{25.0, 10.0}, {50.0, 10.0}}}, {{120.0, 12.0}, {{145.0, 10.0}}}};
  modelling.source = {
      .peak_frequency = 8.0, .wavelet = {0.5, 1.0 / 3.0}, .time_step = 2e-3, .amplitude = -2.0, .delay = 0.01};
  modelling.scheme = {.time_step = 5e-4,
                      .space_order = 8,
                      .absorber = Absorber::kPml,
                      .absorbing_cells = 20,
                      .free_surface = true,
                      .aperture = 1500.0};
  return modelling;
}

TEST(ModellingJson, KeepsEverything) {
  for (const Modelling& modelling : {openfwi(), openfwi({.flip_shots = true}), unusual()}) {
    // Through text, as in a file.
    const auto json = nlohmann::json::parse(to_json(modelling).dump());
    EXPECT_EQ(modelling_from_json(json, "a file"), modelling);
  }
}

TEST(ModellingJson, WritesReceiversThatAllShotsShareOnce) {
  const nlohmann::json json = to_json(openfwi());
  EXPECT_EQ(json["survey"]["receivers"].size(), 70U);
  for (const auto& shot : json["survey"]["shots"]) EXPECT_FALSE(shot.contains("receivers"));
}

TEST(ModellingJson, RefusesWhatIsMissingOrOfAnotherKind) {
  const auto refused = [](const std::string& pointer, const nlohmann::json& value) {
    nlohmann::json json = to_json(unusual());
    json[nlohmann::json::json_pointer(pointer)] = value;
    try {
      (void)modelling_from_json(json, "dataset.json");
      ADD_FAILURE() << pointer;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("dataset.json"), std::string::npos) << error.what();
    }
  };
  refused("/grid/spacing", "ten");
  refused("/grid/origin", {1.0, 2.0, 3.0});
  refused("/survey/shots/0/source", {1.0});
  refused("/survey/samples", 1.5);
  refused("/scheme/absorber", "hole");
  refused("/source", nullptr);
}

TEST(CellSurveyJson, IsReadAsTheSameSurveyInMetres) {
  const nlohmann::json cells = {{"spacing", 12.5},
                                {"time_step", 1e-3},
                                {"samples", 500},
                                {"frequency", 20.0},
                                {"pml_cells", 20},
                                {"space_order", 8},
                                {"free_surface", true},
                                {"sources", {{1, 0}, {1.5, 3}}},
                                {"receivers", {{2, 4}, {2, 4.5}}},
                                {"wavelet", {1.0, 0.5}}};
  const Modelling modelling = modelling_from_cell_json(cells, "a file");
  EXPECT_EQ(modelling.grid, (Grid{0, 0, 12.5, {}}));
  const std::vector<Point> receivers{{50.0, 25.0}, {56.25, 25.0}};
  EXPECT_EQ(modelling.survey, (Survey{{{{0.0, 12.5}, receivers}, {{37.5, 18.75}, receivers}}, 500, 1e-3}));
  EXPECT_EQ(modelling.source, (Source{.peak_frequency = 20.0, .wavelet = {1.0, 0.5}, .time_step = 1e-3}));
  EXPECT_EQ(modelling.scheme, (Scheme{.time_step = 1e-3,
                                      .space_order = 8,
                                      .absorber = Absorber::kPml,
                                      .absorbing_cells = 20,
                                      .free_surface = true}));
}

TEST(CellSurveyJson, OfTheOldestFilesHasNoChoices) {
  const nlohmann::json cells = {{"spacing", 10.0},      {"time_step", 1e-3},   {"samples", 1000},
                                {"frequency", 15.0},    {"sponge_cells", 120}, {"sources", {{1, 34}}},
                                {"receivers", {{1, 0}}}};
  const Modelling modelling = modelling_from_cell_json(cells, "a file");
  EXPECT_EQ(modelling.scheme, openfwi().scheme);
  EXPECT_EQ(modelling.source, openfwi().source);
  EXPECT_EQ(modelling.survey.shots[0].source, (Point{340.0, 10.0}));
  nlohmann::json broken = cells;
  broken["sources"] = {{1, 2, 3}};
  EXPECT_THROW((void)modelling_from_cell_json(broken, "a file"), InputError);
  broken.erase("sources");
  EXPECT_THROW((void)modelling_from_cell_json(broken, "a file"), InputError);
}

}  // namespace
}  // namespace strataform::survey
