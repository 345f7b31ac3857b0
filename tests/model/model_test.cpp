#include "strataform/model/model.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>
#include <fstream>
#include <vector>

#include "strataform/core/error.h"
#include "strataform/io/npy.h"
#include "strataform/model/import_openfwi.h"
#include "strataform/model/tensor_file.h"
#include "strataform/nn/backbone.h"
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

TEST(Model, HalfPrecisionKeepsItsFingerprintWhenSavedAgain) {
  const test::TemporaryFolder folder;
  const std::string half = save_model(folder / "h.safetensors", small_model(), io::DType::kFloat16);
  const Model loaded = load_model(folder / "h.safetensors");
  EXPECT_EQ(loaded.fingerprint, half);
  EXPECT_EQ(save_model(folder / "f.safetensors", loaded), half);
  EXPECT_LT(std::filesystem::file_size(folder / "h.safetensors"), std::filesystem::file_size(folder / "f.safetensors"));
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
  expect_input_error("expected a model");
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

}  // namespace
}  // namespace strataform::model
