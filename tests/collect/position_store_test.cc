// One contract for both stores, and what only the one on disk can meet.
#include "collect/position_store.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

namespace collector {
namespace {

SeenRecord Record(const std::string& id, int second) {
  return {RecordId::From(id), Timestamp(Seconds(second))};
}

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    std::string pattern = testing::TempDir() + "store-test-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~StoreTest() override { std::filesystem::remove_all(directory_); }

  Result<std::unique_ptr<PositionStore>> Open() { return OpenSqlitePositionStore(directory_); }
  std::filesystem::path File() const { return directory_ / "positions.db"; }

  std::filesystem::path directory_;
};

class StoreContract : public StoreTest, public testing::WithParamInterface<bool> {
 protected:
  StoreContract() : store_(GetParam() ? *Open() : NewMemoryPositionStore()) {}
  std::unique_ptr<PositionStore> store_;
};

TEST_P(StoreContract, KnowsNothingOfAKeyNeverStored) {
  const auto stored = store_->Load("a");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->position, std::nullopt);
  EXPECT_TRUE(stored->seen.empty());
}

TEST_P(StoreContract, GivesBackWhatWasCommittedForThatKeyAlone) {
  ASSERT_TRUE(store_->Commit("a", {"position a", {}, {Record("x", 1)}}));
  ASSERT_TRUE(store_->Commit("b", {"position b", {}, {}}));
  EXPECT_EQ(store_->Load("a")->position, "position a");
  EXPECT_EQ(store_->Load("a")->seen, std::vector{Record("x", 1)});
  EXPECT_EQ(store_->Load("b")->position, "position b");
  EXPECT_TRUE(store_->Load("b")->seen.empty());
}

TEST_P(StoreContract, KeepsThePositionWhenOnlyIdsAreAdded) {
  ASSERT_TRUE(store_->Commit("a", {"position", {}, {}}));
  ASSERT_TRUE(store_->Commit("a", {std::nullopt, {}, {Record("x", 1), Record("y", 2)}}));
  EXPECT_EQ(store_->Load("a")->position, "position");
  EXPECT_EQ(store_->Load("a")->seen.size(), 2u);
}

TEST_P(StoreContract, ForgetsBeforeItRemembers) {
  ASSERT_TRUE(store_->Commit("a", {{}, {}, {Record("1", 1), Record("2", 2), Record("3", 3)}}));
  ASSERT_TRUE(store_->Commit(
      "a", {{}, {{Timestamp(Seconds(1)), Timestamp(Seconds(3))}}, {Record("new", 2)}}));
  auto seen = store_->Load("a")->seen;
  std::sort(seen.begin(), seen.end(), [](auto& a, auto& b) { return a.time < b.time; });
  EXPECT_EQ(seen, (std::vector{Record("new", 2), Record("3", 3)}));
}

TEST_P(StoreContract, TakesAnIdTwice) {
  ASSERT_TRUE(store_->Commit("a", {{}, {}, {Record("x", 1)}}));
  ASSERT_TRUE(store_->Commit("a", {{}, {}, {Record("x", 1)}}));
  EXPECT_EQ(store_->Load("a")->seen.size(), 1u);
}

TEST_P(StoreContract, RemovesOneKeyAsIfItHadNeverBeenStored) {
  ASSERT_TRUE(store_->Commit("a", {"1", {}, {Record("x", 1)}}));
  ASSERT_TRUE(store_->Commit("ab", {"2", {}, {Record("y", 1)}}));
  ASSERT_TRUE(store_->Remove("a"));
  ASSERT_TRUE(store_->Remove("never there"));
  EXPECT_EQ(store_->Load("a")->position, std::nullopt);
  EXPECT_TRUE(store_->Load("a")->seen.empty());
  EXPECT_EQ(store_->Load("ab")->position, "2");
  EXPECT_EQ(store_->Load("ab")->seen.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(BothStores, StoreContract, testing::Bool(),
                         [](const auto& store) { return store.param ? "Sqlite" : "Memory"; });

TEST_F(StoreTest, RemembersOverARestart) {
  ASSERT_TRUE((*Open())->Commit("a", {"position", {}, {Record("x", 1)}}));
  const auto stored = (*Open())->Load("a");
  EXPECT_EQ(stored->position, "position");
  EXPECT_EQ(stored->seen, std::vector{Record("x", 1)});
}

TEST_F(StoreTest, MakesItsFolder) {
  ASSERT_TRUE(OpenSqlitePositionStore(directory_ / "deep" / "state"));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "deep" / "state" / "positions.db"));
}

// D-6
TEST_F(StoreTest, RefusesASecondCollectorOnTheSameFolder) {
  const auto first = Open();
  ASSERT_TRUE(first);
  const auto second = Open();
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("another aws-collector uses this state folder"),
            std::string::npos)
      << second.error().message;
}

TEST_F(StoreTest, RefusesAFileOfGarbageAndLeavesItAlone) {
  const std::string garbage(5000, 'g');
  std::ofstream(File()) << garbage;
  const auto store = Open();
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find(File().string()), std::string::npos);
  EXPECT_NE(store.error().message.find("move it away"), std::string::npos) << store.error().message;
  std::ifstream file(File());
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), garbage);
}

TEST_F(StoreTest, RefusesTheDatabaseOfAnotherProgram) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(File().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "CREATE TABLE theirs (x)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  const auto store = Open();
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("another program"), std::string::npos);
}

TEST_F(StoreTest, RefusesTheFileOfALaterVersion) {
  ASSERT_TRUE(Open());
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(File().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "PRAGMA user_version=99", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  const auto store = Open();
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("newer aws-collector"), std::string::npos);
}

TEST_F(StoreTest, NamesAFolderThatCannotBeMade) {
  std::ofstream(directory_ / "file") << "in the way";
  const auto store = OpenSqlitePositionStore(directory_ / "file" / "state");
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find((directory_ / "file" / "state").string()),
            std::string::npos);
}

// A full disk, as SQLite tells it: nothing of the change is stored, and the next try succeeds.
TEST_F(StoreTest, StoresNothingOfAChangeThatDidNotFitAndAllOfItLater) {
  auto store = Open();
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->Commit("a", {"before", {}, {}}));
  PositionChange change{"after", {}, {}};
  for (int i = 0; i < 50'000; ++i) change.seen.push_back(Record(std::to_string(i), i));
  // A limit on the size of files this process writes is what a full disk looks like to SQLite.
  struct rlimit old {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit tight { 256 << 10, old.rlim_max };
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const Status full = (*store)->Commit("a", change);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, ignored);
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().message.find(File().string()), std::string::npos);
  EXPECT_EQ((*store)->Load("a")->position, "before");
  EXPECT_TRUE((*store)->Load("a")->seen.empty());
  ASSERT_TRUE((*store)->Commit("a", change));
  EXPECT_EQ((*store)->Load("a")->seen.size(), 50'000u);
}

}  // namespace
}  // namespace collector
