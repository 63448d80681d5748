#include "collect/seen_records.h"

#include <map>
#include <random>
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
  seen.Erase(Record(1, 10).id);
  seen.Erase(Record(7, 10).id);
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

// Ids whose first looked-at bytes are few: they crowd the same slots, and wrap around the end.
RecordId Crowded(std::mt19937& chance) {
  RecordId id{};
  id.bytes[0] = static_cast<uint8_t>(chance() % 2 == 0 ? 0 : 250 + chance() % 6);
  id.bytes[15] = static_cast<uint8_t>(chance() % 40);
  return id;
}

RecordId Spread(std::mt19937& chance) { return RecordId::From(std::to_string(chance() % 3000)); }

void DoAsAMap(RecordId (*next)(std::mt19937&), unsigned seed, int steps) {
  std::mt19937 chance(seed);
  const auto time = [&chance] { return Timestamp(Milliseconds(chance() % 100)); };
  SeenRecords seen;
  std::map<RecordId, Timestamp> map;
  for (int i = 0; i < steps; ++i) {
    const RecordId id = next(chance);
    ASSERT_EQ(seen.Contains(id), map.contains(id)) << "seed " << seed << ", step " << i;
    if (i % 500 == 499) {
      const TimeRange range{time(), time()};
      seen.Forget(range);
      std::erase_if(map, [&range](const auto& one) {
        return one.second >= range.from && one.second < range.to;
      });
    } else if (chance() % 2 == 0) {
      const Timestamp at = time();
      ASSERT_EQ(seen.Insert({id, at}), map.emplace(id, at).second) << "seed " << seed;
    } else {
      seen.Erase(id);
      map.erase(id);
    }
    ASSERT_EQ(seen.size(), map.size()) << "seed " << seed << ", step " << i;
  }
  ASSERT_EQ(seen.All().size(), map.size());
  for (const SeenRecord& one : seen.All()) {
    EXPECT_EQ(map.at(one.id), one.time);
    EXPECT_LE(seen.oldest(), one.time);
  }
}

TEST(SeenRecords, DoAsAMapWhateverComes) {
  for (unsigned seed = 1; seed <= 10; ++seed) DoAsAMap(&Spread, seed, 20'000);
}

TEST(SeenRecords, DoAsAMapWhereAllIdsWantTheSamePlace) {
  for (unsigned seed = 1; seed <= 10; ++seed) DoAsAMap(&Crowded, seed, 20'000);
}

TEST(SeenRecords, HoldTheIdOfZerosToo) {
  SeenRecords seen;
  EXPECT_FALSE(seen.Contains(RecordId{}));
  EXPECT_TRUE(seen.Insert({RecordId{}, Timestamp{}}));
  EXPECT_FALSE(seen.Insert({RecordId{}, Timestamp{}}));
  seen.Erase(RecordId{});
  EXPECT_EQ(seen.size(), 0u);
}

}  // namespace
}  // namespace collector
