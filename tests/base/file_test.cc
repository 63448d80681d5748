#include "base/file.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace collector {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string pattern = testing::TempDir() + "file-test-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~FileTest() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path Write(const std::string& content) {
    const auto path = directory_ / "file";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::filesystem::path directory_;
};

TEST_F(FileTest, IsReadWholeWhateverItsBytes) {
  std::string content(100'000, 'x');
  content[5] = '\0';
  EXPECT_EQ(ReadFile(Write(content)), content);
}

TEST_F(FileTest, SaysWhichFileIsMissing) {
  const auto content = ReadFile(directory_ / "nothing");
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(content.error().message,
            (directory_ / "nothing").string() + ": No such file or directory");
}

TEST_F(FileTest, RefusesAFolder) {
  const auto content = ReadFile(directory_);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().message, directory_.string() + ": is a folder, not a file");
}

TEST_F(FileTest, RefusesWhatIsLargerThanTheLimit) {
  EXPECT_TRUE(ReadFile(Write("12345"), 5));
  const auto content = ReadFile(Write("123456"), 5);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().kind, ErrorKind::kRejected);
}

}  // namespace
}  // namespace collector
