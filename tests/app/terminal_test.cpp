#include "terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace strataform::app {
namespace {

using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

TEST(FormatDuration, PicksTheUnitsByLength) {
  EXPECT_EQ(format_duration(0.0), "0 s");
  EXPECT_EQ(format_duration(59.4), "59 s");
  EXPECT_EQ(format_duration(59.6), "1:00");
  EXPECT_EQ(format_duration(123.0), "2:03");
  EXPECT_EQ(format_duration(3599.6), "1:00:00");
  EXPECT_EQ(format_duration(3723.0), "1:02:03");
  EXPECT_EQ(format_duration(36000.0), "10:00:00");
}

TEST(FormatDuration, TreatsNegativeAsZero) { EXPECT_EQ(format_duration(-5.0), "0 s"); }

std::string shown(const std::function<void(const Context&)>& work) {
  CaptureStderr();
  work({{}, make_terminal_listener()});
  return GetCapturedStderr();
}

TEST(TerminalListener, PrintsOneLastLine) {
  const std::string output = shown([](const Context& context) {
    Progress progress(context, "simulating", 4, "samples");
    progress.update(4, "loss 0.12");
    progress.finish();
  });
  EXPECT_NE(output.find("simulating"), std::string::npos);
  EXPECT_NE(output.find("4/4 samples"), std::string::npos);
  EXPECT_NE(output.find("loss 0.12"), std::string::npos);
  EXPECT_EQ(output.find("4/4"), output.rfind("4/4")) << "finish() and the destructor drew twice";
  EXPECT_EQ(output.back(), '\n');
}

TEST(TerminalListener, LeavesSkippedWorkOutOfTheRate) {
  const std::string output = shown([](const Context& context) {
    Progress progress(context, "resuming", 1000000, "samples");
    progress.skip(1000000);
  });
  EXPECT_NE(output.find("1000000/1000000"), std::string::npos);
  EXPECT_NE(output.find(" 0.0/s"), std::string::npos);
}

TEST(TerminalListener, StaysSilentWhenWorkFailsBeforeItHasShownAnything) {
  const std::string output = shown([](const Context& context) {
    const auto fail = [&] {
      Progress progress(context, "failing", 4, "samples");
      progress.update(1);
      throw std::runtime_error("bad input");
    };
    EXPECT_THROW(fail(), std::runtime_error);
  });
  EXPECT_EQ(output, "");
}

TEST(TerminalListener, SurvivesATotalOfZero) {
  const std::string output =
      shown([](const Context& context) { const Progress progress(context, "nothing", 0, "samples"); });
  EXPECT_NE(output.find("0/0 samples"), std::string::npos);
}

/// Standard error as another file, as long as this lives.
class StderrIs {
 public:
  explicit StderrIs(int file) : before_(::dup(STDERR_FILENO)) {
    ::dup2(file, STDERR_FILENO);
    ::close(file);
  }
  ~StderrIs() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
  }
  StderrIs(const StderrIs&) = delete;
  StderrIs& operator=(const StderrIs&) = delete;
  StderrIs(StderrIs&&) = delete;
  StderrIs& operator=(StderrIs&&) = delete;

 private:
  int before_;
};

TEST(TerminalListener, GoesOnWhereNothingCanBeWritten) {
  const StderrIs full(::open("/dev/full", O_WRONLY));
  EXPECT_NO_THROW({
    Progress progress({{}, make_terminal_listener()}, "simulating", 4, "samples");
    progress.finish();
  });
}

/// All that stderr, a terminal, was sent so far. It is handed on in pieces, at any time: a mark tells where it ends.
std::string read_terminal(int keyboard) {
  constexpr std::string_view kEnd = "<end>";
  if (::write(STDERR_FILENO, kEnd.data(), kEnd.size()) != static_cast<ssize_t>(kEnd.size())) return {};
  std::string text;
  std::array<char, 4096> buffer{};
  while (!text.ends_with(kEnd)) {
    const ssize_t size = ::read(keyboard, buffer.data(), buffer.size());
    if (size <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return text;
}

/// What a terminal of this kind is sent by a warning and by progress.
std::string sent_to_terminal(const char* kind, const char* no_color) {
  ::setenv("TERM", kind, 1);
  if (no_color != nullptr) ::setenv("NO_COLOR", no_color, 1);
  int keyboard = -1;
  int terminal = -1;
  EXPECT_EQ(::openpty(&keyboard, &terminal, nullptr, nullptr, nullptr), 0);
  std::string text;
  {
    const StderrIs redirected(terminal);
    const Context context{{}, make_terminal_listener()};
    context.warn("too coarse");
    Progress progress(context, "simulating", 4, "samples");
    ProgressReport report{.label = "simulating", .unit = "samples", .note = "a long note", .total = 4, .seconds = 1.0};
    context.listener->progress(report);
    report.note = {};
    report.seconds = 2.0;
    context.listener->progress(report);
    progress.finish();
    text = read_terminal(keyboard);
  }
  ::close(keyboard);
  ::unsetenv("NO_COLOR");
  ::unsetenv("TERM");
  return text;
}

TEST(TerminalListener, ColoursMessagesAndRedrawsItsBarOnATerminal) {
  const std::string text = sent_to_terminal("xterm", nullptr);
  EXPECT_NE(text.find("\033["), std::string::npos) << text;
  EXPECT_NE(text.find("\rsimulating"), std::string::npos) << text;
  const std::size_t second = text.find("\rsimulating", text.find("a long note"));
  EXPECT_NE(text.find("             ", second), std::string::npos) << "the longer line's end stays";
}

TEST(TerminalListener, WritesNoEscapeSequenceWhereNoneIsWanted) {
  for (const auto& [kind, no_color] : {std::pair{"xterm", "1"}, std::pair{"dumb", static_cast<const char*>(nullptr)}}) {
    const std::string text = sent_to_terminal(kind, no_color);
    EXPECT_NE(text.find("warning: too coarse"), std::string::npos) << text;
    EXPECT_NE(text.find("simulating"), std::string::npos) << text;
    EXPECT_EQ(text.find('\033'), std::string::npos) << kind;
  }
  EXPECT_EQ(sent_to_terminal("dumb", nullptr).find("\rsimulating"), std::string::npos) << "a bar that redraws itself";
  const std::string file = shown([](const Context& context) { context.warn("too coarse"); });
  EXPECT_EQ(file, "warning: too coarse\n");
}

}  // namespace
}  // namespace strataform::app
