#include "strataform/workflow/adapter_list.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "strataform/core/error.h"
#include "strataform/peft/adapter.h"
#include "support/small_model.h"
#include "support/test_support.h"

namespace strataform::workflow {
namespace {

TEST(AdapterList, HasTheDamagedOnesToo) {
  const test::TemporaryFolder folder;
  const model::Model model = test::small_model();
  for (const char* name : {"salt", "area"}) {
    const peft::Adapter adapter(model.backbone, {});
    peft::save_adapter(folder / name, adapter, model.fingerprint, {});
  }
  std::ofstream(folder / "salt" / "adapter_config.json") << "{";
  std::filesystem::create_directory(folder / "other");

  const std::vector<ListedAdapter> found = list_adapters(folder.path());
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[0].folder, folder / "area");
  ASSERT_TRUE(found[0].file);
  EXPECT_EQ(found[0].file->options.method, "lora");
  EXPECT_EQ(found[0].file->base_fingerprint, model.fingerprint);
  EXPECT_GT(found[0].bytes, 1000);
  EXPECT_TRUE(found[0].error.empty());
  EXPECT_EQ(found[1].folder, folder / "salt");
  EXPECT_FALSE(found[1].file);
  EXPECT_NE(found[1].error.find("adapter_config.json"), std::string::npos) << found[1].error;
  EXPECT_THROW((void)list_adapters(folder / "absent"), IoError);
}

}  // namespace
}  // namespace strataform::workflow
