#include "strataform/core/choice.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strataform {
namespace {

enum class Ending { kOpen, kClosed };
constexpr Choice<Ending> kEndings[] = {{"open", Ending::kOpen}, {"closed", Ending::kClosed}};

TEST(Choice, GoesFromNamesToValuesAndBack) {
  EXPECT_EQ(names_of(kEndings), (std::vector<std::string>{"open", "closed"}));
  for (const auto& [name, kind] : kEndings) {
    EXPECT_EQ(choose(kEndings, "ending", name), kind);
    EXPECT_STREQ(name_of(kEndings, kind), name);
  }
  EXPECT_FALSE(find_choice(kEndings, "Open").has_value());
}

TEST(Choice, SaysWhatItExpectedAndWhatItFound) {
  try {
    (void)choose(kEndings, "ending", "clsed");
    FAIL() << "expected a UsageError";
  } catch (const UsageError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("ending"), std::string::npos) << message;
    EXPECT_NE(message.find("expected one of open, closed, found 'clsed': did you mean 'closed'?"), std::string::npos)
        << message;
  }
}

}  // namespace
}  // namespace strataform
