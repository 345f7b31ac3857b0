#include "strataform/model/model.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/io/npy.h"
#include "strataform/model/import_openfwi.h"
#include "strataform/model/tensor_file.h"
#include "strataform/model/wave_function.h"
#include "strataform/nn/backbone.h"
#include "strataform/survey/openfwi.h"
#include "support/test_support.h"

namespace strataform::model {
namespace {

Model small_model() {
  Model model;
  model.backbone = nn::make_backbone("inversionnet", {{"widths", {2, 3, 4, 5, 6}}}, 3);
  model.backbone->eval();
  model.input.decimation = 1;
  model.input.normalization.data_max = 52.77;
  model.provenance = {{"seed", 3}};
  return model;
}

torch::Tensor read_npy(const std::filesystem::path& path) {
  const io::NpyReader reader(path);
  const std::vector<float> values = reader.read_all();
  return torch::tensor(values).view(reader.shape());
}

bool same_state(const Model& a, const Model& b) {
  const TensorMap left = state_of(*a.backbone);
  const TensorMap right = state_of(*b.backbone);
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && torch::equal(x.second, y.second);
  });
}

TEST(Model, SavesAndLoadsExactly) {
  const test::TemporaryFolder folder;
  const Model model = small_model();
  const std::string fingerprint = save_model(folder / "m.safetensors", model);
  EXPECT_EQ(fingerprint, fingerprint_of(*model.backbone));
  const Model loaded = load_model(folder / "m.safetensors");
  EXPECT_TRUE(same_state(model, loaded));
  EXPECT_EQ(loaded.fingerprint, fingerprint);
  EXPECT_EQ(loaded.backbone->options(), model.backbone->options());
  EXPECT_EQ(loaded.input.normalization, model.input.normalization);
  EXPECT_EQ(loaded.provenance, model.provenance);
  EXPECT_FALSE(loaded.backbone->is_training());
  EXPECT_NE(describe_model(loaded).find(fingerprint), std::string::npos);
}

TEST(Model, KeepsHowItsDataWereModelled) {
  const test::TemporaryFolder folder;
  Model model = small_model();
  save_model(folder / "unknown.safetensors", model);
  EXPECT_FALSE(load_model(folder / "unknown.safetensors").modelling);
  model.modelling = survey::openfwi({.flip_shots = true});
  model.modelling->survey.shots[1].receivers.pop_back();
  save_model(folder / "known.safetensors", model);
  EXPECT_EQ(load_model(folder / "known.safetensors").modelling, model.modelling);
}

/// The shipped model is a file of before, with positions in cells.
TEST(Model, ReadsFilesOfBefore) {
  const Model shipped = load_model(STRATAFORM_SHIPPED_MODEL);
  EXPECT_EQ(shipped.modelling, survey::openfwi({.flip_shots = true}));
  EXPECT_NE(describe_model(shipped).find("6 sources, 70 receivers, 1000 time samples of 1 ms, 15 Hz"),
            std::string::npos);
  const test::TemporaryFolder folder;
  save_model(folder / "again.safetensors", shipped, io::DType::kFloat16);
  const Model again = load_model(folder / "again.safetensors");
  EXPECT_EQ(again.modelling, shipped.modelling);
  EXPECT_EQ(again.fingerprint, shipped.fingerprint);
  EXPECT_TRUE(same_state(again, shipped));
}

TEST(Model, HalfPrecisionKeepsItsFingerprintWhenSavedAgain) {
  const test::TemporaryFolder folder;
  const std::string half = save_model(folder / "h.safetensors", small_model(), io::DType::kFloat16);
  const Model loaded = load_model(folder / "h.safetensors");
  EXPECT_EQ(loaded.fingerprint, half);
  EXPECT_EQ(save_model(folder / "f.safetensors", loaded), half);
  EXPECT_LT(std::filesystem::file_size(folder / "h.safetensors"), std::filesystem::file_size(folder / "f.safetensors"));
}

TEST(Model, HalfPrecisionLosesNoTensorOfSmallValues) {
  const torch::NoGradGuard no_grad;
  const test::TemporaryFolder folder;
  const Model model = small_model();
  torch::Tensor small = model.backbone->parameters()[0];
  small.mul_(1e-9);
  const std::string fingerprint = save_model(folder / "h.safetensors", model, io::DType::kFloat16);
  const Model loaded = load_model(folder / "h.safetensors");
  EXPECT_TRUE(torch::equal(loaded.backbone->parameters()[0], small));
  EXPECT_EQ(loaded.fingerprint, fingerprint);
}

TEST(Model, FingerprintFollowsEveryWeight) {
  const Model model = small_model();
  const std::string before = fingerprint_of(*model.backbone);
  const torch::NoGradGuard no_grad;
  model.backbone->named_buffers()["convblock1.layers.1.running_mean"][1] += 1e-3;
  EXPECT_NE(fingerprint_of(*model.backbone), before);
}

TEST(Model, RefusesToReplaceAFileOrToStoreWhatIsNotFinite) {
  const test::TemporaryFolder folder;
  const Model model = small_model();
  save_model(folder / "m.safetensors", model);
  EXPECT_THROW(save_model(folder / "m.safetensors", model), IoError);
  EXPECT_NO_THROW(save_model(folder / "m.safetensors", model, io::DType::kFloat32, Overwrite::kAllow));
  const torch::NoGradGuard no_grad;
  model.backbone->parameters()[0].fill_(1e6);
  EXPECT_THROW(save_model(folder / "h.safetensors", model, io::DType::kFloat16), NumericalError);
  EXPECT_EQ(test::count_entries(folder.path()), 1);
}

/// A saved model after a change to its content.
class DamagedModel : public ::testing::Test {
 protected:
  void SetUp() override {
    save_model(folder_ / "good.safetensors", small_model());
    file_ = read_tensor_file(folder_ / "good.safetensors");
  }
  void expect_input_error(const std::string& part) {
    write_tensor_file(folder_ / "bad.safetensors", file_, io::DType::kFloat32);
    try {
      (void)load_model(folder_ / "bad.safetensors");
      FAIL() << "expected an InputError about " << part;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("bad.safetensors"), std::string::npos) << error.what();
    }
  }
  test::TemporaryFolder folder_;
  TensorFile file_;
};

TEST_F(DamagedModel, OtherTensors) {
  file_.metadata.clear();
  expect_input_error("expected a network");
}
TEST_F(DamagedModel, OtherVersion) {
  file_.metadata["version"] = "99";
  expect_input_error("version");
}
TEST_F(DamagedModel, UnknownBackbone) {
  file_.metadata["backbone"] = "resnet";
  expect_input_error("resnet");
}
TEST_F(DamagedModel, MissingField) {
  file_.metadata.erase("input");
  expect_input_error("'input'");
}
TEST_F(DamagedModel, MissingTensor) {
  file_.tensors.erase("deconv6.layers.0.bias");
  expect_input_error("'deconv6.layers.0.bias' is missing");
}
TEST_F(DamagedModel, ExtraTensor) {
  file_.tensors["extra"] = torch::zeros({1});
  expect_input_error("unexpected tensor 'extra'");
}
TEST_F(DamagedModel, OtherShape) {
  file_.tensors["deconv6.layers.0.bias"] = torch::zeros({2});
  expect_input_error("expected shape [1], found [2]");
}
TEST_F(DamagedModel, ChangedWeight) {
  file_.tensors["deconv6.layers.0.bias"] += 1.0;
  expect_input_error("fingerprint");
}

TEST(Model, RejectsTruncatedAndForeignFiles) {
  const test::TemporaryFolder folder;
  save_model(folder / "m.safetensors", small_model());
  std::filesystem::resize_file(folder / "m.safetensors", std::filesystem::file_size(folder / "m.safetensors") - 7);
  EXPECT_THROW((void)load_model(folder / "m.safetensors"), InputError);
  std::ofstream(folder / "text.safetensors") << "not a model";
  EXPECT_THROW((void)load_model(folder / "text.safetensors"), InputError);
  EXPECT_THROW((void)load_model(folder / "absent.safetensors"), IoError);
}

TEST(State, RejectsNonFiniteValuesAndChangesNothing) {
  const Model model = small_model();
  const std::string before = fingerprint_of(*model.backbone);
  TensorMap values;
  for (const auto& [name, tensor] : state_of(*model.backbone)) values[name] = torch::zeros_like(tensor);
  values.rbegin()->second.fill_(std::nan(""));
  EXPECT_THROW(load_state(state_of(*model.backbone), values, "file"), InputError);
  EXPECT_EQ(fingerprint_of(*model.backbone), before);
}

/// Whether the Python that reads checkpoints is there and has torch; any other failure of an import is one.
bool can_import() {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "probe.pth") << "not a checkpoint";
  try {
    import_openfwi_checkpoint({.checkpoint = folder / "probe.pth", .output = folder / "probe.safetensors"});
  } catch (const InputError&) {
    return true;
  } catch (const IoError& error) {
    const std::string message = error.what();
    return message.find("torch is missing") == std::string::npos && message.find("cannot run") == std::string::npos;
  }
  return true;
}

TEST(ImportOpenFwi, ReproducesTheReferenceOutput) {
  const std::filesystem::path checkpoint = test::shared_file("reference/inversionnet/tiny.pth");
  STRATAFORM_SKIP_WITHOUT(checkpoint);
  if (!can_import()) GTEST_SKIP() << "there is no Python with torch";
  const test::TemporaryFolder folder;
  ImportOptions options{.checkpoint = checkpoint, .output = folder / "tiny.safetensors"};
  import_openfwi_checkpoint(options);
  const Model model = load_model(options.output);
  EXPECT_FALSE(model.input.ignore_last_sample);
  EXPECT_EQ(nn::parameter_count(*model.backbone), 196'619);
  const torch::NoGradGuard no_grad;
  const torch::Tensor expected = read_npy(checkpoint.parent_path() / "output.npy");
  const torch::Tensor found = model.backbone->forward(read_npy(checkpoint.parent_path() / "normalized_input.npy"));
  EXPECT_LE((found - expected).abs().max().item<double>(), 1e-5);
}

TEST(ImportOpenFwi, RefusesWhatIsNoCheckpoint) {
  const test::TemporaryFolder folder;
  ImportOptions options{.checkpoint = folder / "absent.pth", .output = folder / "m.safetensors"};
  EXPECT_THROW(import_openfwi_checkpoint(options), IoError);
  if (!can_import()) GTEST_SKIP() << "there is no Python with torch";
  options.checkpoint = folder / "text.pth";
  std::ofstream(options.checkpoint) << "not a checkpoint";
  EXPECT_THROW(import_openfwi_checkpoint(options), InputError);
  options.data_min = 60.0;
  EXPECT_THROW(import_openfwi_checkpoint(options), UsageError);
  EXPECT_EQ(test::count_entries(folder.path()), 1);
}

TEST(ImportOpenFwi, EndsItsHelperWhereItIsToStop) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "some.pth") << "x";
  std::ofstream(folder / "python") << "#!/bin/sh\nexec sleep 3600\n";
  std::filesystem::permissions(folder / "python", std::filesystem::perms::owner_all);
  ::setenv("STRATAFORM_PYTHON", (folder / "python").c_str(), 1);
  const StopSource stop;
  stop.request_stop();
  EXPECT_THROW(import_openfwi_checkpoint({.checkpoint = folder / "some.pth", .output = folder / "m.safetensors"},
                                         {.stop = stop}),
               InterruptedError);
  ::unsetenv("STRATAFORM_PYTHON");
}

TEST(ImportOpenFwi, SaysWhichPythonCannotRun) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "some.pth") << "x";
  ::setenv("STRATAFORM_PYTHON", "/no/such/python", 1);
  try {
    import_openfwi_checkpoint({.checkpoint = folder / "some.pth", .output = folder / "m.safetensors"});
    ADD_FAILURE() << "expected an IoError";
  } catch (const IoError& error) {
    EXPECT_NE(std::string(error.what()).find("/no/such/python"), std::string::npos);
  }
  ::unsetenv("STRATAFORM_PYTHON");
}

constexpr std::int64_t kRows = 20;
constexpr std::int64_t kColumns = 24;
const WaveFunctionOptions kWholeGrid{.propagator = {.active_window = false, .instruction_set = {}}, .gradient = {}};

survey::Modelling small_survey() {
  survey::Modelling modelling = survey::openfwi({.nz = kRows, .nx = kColumns, .shots = 2});
  modelling.scheme.absorber = survey::Absorber::kPml;
  modelling.scheme.absorbing_cells = 10;
  modelling.survey.samples = 150;
  modelling.source.peak_frequency = 20.0;
  return modelling;
}

/// [2, nz, nx]: rough models between 1600 and 3300 m/s.
torch::Tensor two_models(torch::ScalarType type) {
  torch::manual_seed(1);
  const torch::Tensor depth = torch::linspace(1600.0, 3000.0, kRows, type).view({kRows, 1});
  return depth + 300.0 * torch::rand({2, kRows, kColumns}, type);
}

/// 0.5 (d - d_obs)^2 in both models.
torch::Tensor squares(const torch::Tensor& gathers, const torch::Tensor& observed) {
  return 0.5 * (gathers - observed).square().sum();
}

TEST(WaveFunction, AgreesWithFiniteDifferences) {
  const torch::Tensor velocity = two_models(torch::kFloat64).requires_grad_();
  const torch::Tensor wavelet = torch::randn({40}, torch::kFloat64).requires_grad_();
  const torch::Tensor weights = torch::randn({2, 2, 150, kColumns}, torch::kFloat64);
  const auto loss = [&](const torch::Tensor& models, const torch::Tensor& source) {
    return (weights * model_gathers(models, small_survey(), source, kWholeGrid).square()).sum();
  };
  loss(velocity, wavelet).backward();

  const torch::NoGradGuard no_grad;
  // The absorber depends on the fastest cell and is held fixed.
  const torch::Tensor change = torch::randn_like(velocity) * (velocity < velocity.amax({1, 2}, true));
  const double by_velocity =
      (loss(velocity + 1e-2 * change, wavelet) - loss(velocity - 1e-2 * change, wavelet)).item<double>() / 2e-2;
  EXPECT_NEAR((velocity.grad() * change).sum().item<double>(), by_velocity, 1e-6 * std::abs(by_velocity));
  const torch::Tensor other = torch::randn_like(wavelet);
  const double by_wavelet = (loss(velocity, wavelet + other) - loss(velocity, wavelet - other)).item<double>() / 2.0;
  EXPECT_NEAR((wavelet.grad() * other).sum().item<double>(), by_wavelet, 1e-9 * std::abs(by_wavelet));
}

TEST(WaveFunction, HasThePropagatorsGathersAndGradient) {
  const torch::Tensor models = two_models(torch::kFloat32);
  const wave::Propagator propagator(small_survey());
  const std::span<const float> values(models.const_data_ptr<float>(), static_cast<std::size_t>(models.numel()));
  const auto half_squares = [](std::int64_t /*model*/, std::int64_t /*shot*/, std::span<const float> gather,
                               std::span<float> derivative) {
    std::ranges::copy(gather, derivative.begin());
    return 0.0;
  };
  const wave::Gradient expected = propagator.gradient(values, 2, half_squares);
  std::vector<float> gathers(static_cast<std::size_t>(2 * propagator.gather_size()));
  propagator.forward(values, 2, gathers);

  for (const bool has_channel : {false, true}) {
    torch::Tensor velocity = (has_channel ? models.unsqueeze(1) : models).clone().requires_grad_();
    const torch::Tensor found = model_gathers(velocity, small_survey());
    EXPECT_TRUE(torch::equal(found, torch::tensor(gathers).view({2, 2, 150, kColumns})));
    squares(found, torch::zeros_like(found)).backward();
    EXPECT_TRUE(
        torch::equal(velocity.grad(), torch::tensor(expected.velocity, torch::kFloat32).view(velocity.sizes())));
  }
}

TEST(WaveFunction, LetsAnOptimizerImproveVelocityAndAmplitude) {
  const survey::Modelling modelling = small_survey();
  const torch::Tensor wavelet = torch::tensor(wave::Propagator(modelling).wavelet());
  const torch::Tensor observed = model_gathers(two_models(torch::kFloat32), modelling, wavelet);
  torch::Tensor velocity = two_models(torch::kFloat32).mean({2}, true).repeat({1, 1, kColumns}).requires_grad_();
  torch::Tensor amplitude = torch::tensor(0.7, torch::kFloat32).requires_grad_();
  torch::optim::Adam optimizer(
      {torch::optim::OptimizerParamGroup({velocity}, std::make_unique<torch::optim::AdamOptions>(20.0)),
       torch::optim::OptimizerParamGroup({amplitude}, std::make_unique<torch::optim::AdamOptions>(0.05))});
  const auto loss = [&] { return squares(model_gathers(velocity, modelling, amplitude * wavelet), observed); };
  const double before = loss().item<double>();
  for (int step = 0; step < 10; ++step) {
    optimizer.zero_grad();
    loss().backward();
    optimizer.step();
  }
  EXPECT_LT(loss().item<double>(), 0.2 * before);
  EXPECT_NEAR(amplitude.item<double>(), 1.0, 0.15);
}

/// Shots with receivers of their own lie one after another.
TEST(WaveFunction, TakesReceiversOfEveryShot) {
  survey::Modelling modelling = small_survey();
  modelling.survey.shots[0].receivers.resize(5);
  const torch::Tensor models = two_models(torch::kFloat64);
  const torch::Tensor whole = model_gathers(models, small_survey(), {}, kWholeGrid);
  const torch::Tensor leaf = models.clone().requires_grad_();
  const torch::Tensor own = model_gathers(leaf, modelling, {}, kWholeGrid);
  const torch::Tensor first =
      whole.index({torch::indexing::Slice(), 0, torch::indexing::Slice(), torch::indexing::Slice(0, 5)});
  EXPECT_TRUE(torch::equal(own.detach(), torch::cat({first.flatten(1), whole.select(1, 1).flatten(1)}, 1)));
  own.square().sum().backward();
  const torch::Tensor other = models.clone().requires_grad_();
  const torch::Tensor gathers = model_gathers(other, small_survey(), {}, kWholeGrid);
  (gathers.index({torch::indexing::Slice(), 0, torch::indexing::Slice(), torch::indexing::Slice(0, 5)}).square().sum() +
   gathers.select(1, 1).square().sum())
      .backward();
  EXPECT_TRUE(torch::allclose(leaf.grad(), other.grad(), 1e-10));
}

TEST(WaveFunction, SaysWhatItDoesNotTake) {
  const torch::Tensor velocity = two_models(torch::kFloat32);
  const auto expect_usage_error = [](const torch::Tensor& models, const std::optional<torch::Tensor>& wavelet,
                                     const std::string& part) {
    try {
      (void)model_gathers(models, small_survey(), wavelet);
      ADD_FAILURE() << "expected a UsageError with " << part;
    } catch (const UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  expect_usage_error(velocity[0], {}, "[20, 24]");
  expect_usage_error(velocity.view({1, 2, kRows, kColumns}), {}, "[1, 2, 20, 24]");
  expect_usage_error(velocity.to(torch::kInt32), {}, "Int");
  expect_usage_error(velocity.to(torch::kMeta), {}, "Meta");
  expect_usage_error(velocity, torch::zeros({0}), "a wavelet");
  expect_usage_error(velocity, torch::zeros({2, 3}), "[2, 3]");
  expect_usage_error(velocity.transpose(1, 2), {}, "[2, 24, 20]");

  const torch::Tensor leaf = velocity.clone().requires_grad_();
  const torch::Tensor loss = model_gathers(leaf, small_survey()).square().sum();
  EXPECT_THROW((void)torch::autograd::grad({loss}, {leaf}, {}, std::nullopt, /*create_graph=*/true), UsageError);
}

}  // namespace
}  // namespace strataform::model
