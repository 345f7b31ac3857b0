#include <sys/wait.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "cli_fixture.h"
#include "strataform/core/atomic_file.h"
#include "strataform/io/npy.h"

namespace strataform::test {
namespace {

/// The program in a process that is not as it should be.
class Process : public CliTest {
 protected:
  Process() { io::write_npy(path("v.npy"), std::vector<float>(20 * 30, 2000.0F), {20, 30}); }

  /// Runs a script of the shell, in which $S is the program, in a folder of the test. Standard error is in "errors",
  /// standard output in "output" unless the script says otherwise.
  [[nodiscard]] int run_script(const std::string& script) const {
    const std::string text =
        "cd '" + path("") + "' && S='" STRATAFORM_PROGRAM "' && { " + script + "; } >output 2>errors";
    // A shell is what closes descriptors. NOLINTNEXTLINE(bugprone-command-processor)
    const int status = std::system(text.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  [[nodiscard]] std::string content(const std::string& name) const { return read_text_file(path(name)); }

  const std::string forward_ = "$S forward --velocity v.npy --samples 50 --sponge 10 --sources 1 --output ";
};

TEST_F(Process, WithClosedDescriptorsHarmsNoOutput) {
  ASSERT_EQ(run_script(forward_ + "expected.npy"), 0) << content("errors");
  for (const char* closed : {"0<&-", "2>&-", "0<&- 2>&-"}) {
    EXPECT_EQ(run_script(forward_ + "found.npy --force " + closed), 0) << closed;
    EXPECT_EQ(content("found.npy"), content("expected.npy")) << closed;
  }
  for (const char* closed : {">&-", ">&- 2>&-", "0<&- >&- 2>&-"}) {
    EXPECT_EQ(run_script(forward_ + "found.npy --force " + closed), static_cast<int>(ExitStatus::kIo)) << closed;
    EXPECT_EQ(content("found.npy"), content("expected.npy")) << closed;
  }
}

TEST_F(Process, SaysThatItsResultCannotBeWritten) {
  for (const std::string& command :
       {std::string("$S info v.npy"), std::string("$S --help"), std::string("$S --version"),
        std::string("$S refine --help"), forward_ + "a.npy"}) {
    EXPECT_EQ(run_script(command + " >/dev/full"), static_cast<int>(ExitStatus::kIo)) << command;
    EXPECT_NE(content("errors").find("standard output"), std::string::npos) << command << content("errors");
  }
  EXPECT_EQ(run_script("$S info none.npy >/dev/full"), static_cast<int>(ExitStatus::kIo));
  EXPECT_NE(content("errors").find("none.npy"), std::string::npos) << "the first of two reasons";
  EXPECT_EQ(run_script("$S forwrad >/dev/full"), static_cast<int>(ExitStatus::kUsage));
}

TEST_F(Process, SaysThatItsFolderIsGone) {
  for (const char* arguments : {"info $PWD/../v.npy", "--help"}) {
    const std::string script = std::string("mkdir gone; cd gone; rmdir ../gone; $S ") + arguments;
    EXPECT_EQ(run_script(script), static_cast<int>(ExitStatus::kIo)) << arguments;
    EXPECT_NE(content("errors").find("working folder"), std::string::npos) << content("errors");
  }
}

}  // namespace
}  // namespace strataform::test
