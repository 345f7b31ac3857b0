#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace strataform::test {

/// Runs an action that must throw an ErrorType whose message is one line, and returns the message.
template <typename ErrorType, typename Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const ErrorType& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }
  ADD_FAILURE() << "expected an error";
  return {};
}

/// Whether a message holds a text.
inline testing::AssertionResult says(std::string_view message, std::string_view text) {
  if (message.find(text) != std::string_view::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "\"" << message << "\" does not say \"" << text << "\"";
}

/// Whether a message holds facts, whatever words they stand in: what was expected, what was found, and where.
inline testing::AssertionResult says(std::string_view message, std::initializer_list<std::string_view> facts) {
  for (const std::string_view fact : facts) {
    if (const testing::AssertionResult result = says(message, fact); !result) return result;
  }
  return testing::AssertionSuccess();
}

}  // namespace strataform::test
