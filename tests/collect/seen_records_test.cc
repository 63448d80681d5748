#include "collect/seen_records.h"

#include <string>

#include <gtest/gtest.h>

namespace collector {
namespace {

SeenRecord Record(int n, int second) {
  return {RecordId::From(std::to_string(n)), Timestamp(Seconds(second))};
}

TEST(SeenRecords, KnowsWhatItHasMet) {
  SeenRecords seen;
  EXPECT_TRUE(seen.Insert(Record(1, 10)));
  EXPECT_FALSE(seen.Insert(Record(1, 10)));
  EXPECT_FALSE(seen.Insert(Record(1, 99))) << "the id decides, not the time";
  EXPECT_TRUE(seen.Insert(Record(2, 10)));
}

TEST(SeenRecords, MeetsAnErasedRecordAsNew) {
  SeenRecords seen;
  seen.Insert(Record(1, 10));
  seen.Insert(Record(2, 10));
  seen.Erase(Record(1, 10));
  seen.Erase(Record(7, 10));
  EXPECT_TRUE(seen.Insert(Record(1, 10)));
  EXPECT_FALSE(seen.Insert(Record(2, 10)));
}

TEST(SeenRecords, ForgetsAStretchWithItsStartAndWithoutItsEnd) {
  SeenRecords seen;
  for (int second = 9; second <= 12; ++second) seen.Insert(Record(second, second));
  seen.Forget({Timestamp(Seconds(10)), Timestamp(Seconds(12))});
  EXPECT_EQ(seen.size(), 2u);
  EXPECT_FALSE(seen.Insert(Record(9, 9)));
  EXPECT_TRUE(seen.Insert(Record(10, 10)));
  EXPECT_TRUE(seen.Insert(Record(11, 11)));
  EXPECT_FALSE(seen.Insert(Record(12, 12)));
}

}  // namespace
}  // namespace collector
