#include "collect/record_id_set.h"

#include <random>
#include <string>
#include <unordered_set>

#include <gtest/gtest.h>

namespace collector {
namespace {

// Ids whose first looked-at bytes are few: they crowd the same slots, and wrap around the end.
RecordId Crowded(std::mt19937& chance) {
  RecordId id{};
  id.bytes[0] = static_cast<uint8_t>(chance() % 2 == 0 ? 0 : 250 + chance() % 6);
  id.bytes[15] = static_cast<uint8_t>(chance() % 40);
  return id;
}

RecordId Spread(std::mt19937& chance) { return RecordId::From(std::to_string(chance() % 3000)); }

void DoAsTheStandardOne(RecordId (*next)(std::mt19937&), unsigned seed, int steps) {
  std::mt19937 chance(seed);
  RecordIdSet set;
  std::unordered_set<RecordId, RecordIdHash> standard;
  for (int i = 0; i < steps; ++i) {
    const RecordId id = next(chance);
    ASSERT_EQ(set.Contains(id), standard.contains(id)) << "seed " << seed << ", step " << i;
    if (chance() % 2 == 0) {
      ASSERT_EQ(set.Insert(id), standard.insert(id).second) << "seed " << seed << ", step " << i;
    } else {
      ASSERT_EQ(set.Erase(id), standard.erase(id) > 0) << "seed " << seed << ", step " << i;
    }
    ASSERT_EQ(set.size(), standard.size());
  }
  for (const RecordId& id : standard) EXPECT_TRUE(set.Contains(id));
}

TEST(RecordIdSet, DoesAsTheStandardSetWhateverComes) {
  for (unsigned seed = 1; seed <= 10; ++seed) DoAsTheStandardOne(&Spread, seed, 20'000);
}

TEST(RecordIdSet, DoesAsTheStandardSetWhereAllIdsWantTheSamePlace) {
  for (unsigned seed = 1; seed <= 10; ++seed) DoAsTheStandardOne(&Crowded, seed, 20'000);
}

TEST(RecordIdSet, HoldsTheIdOfZerosToo) {
  RecordIdSet set;
  EXPECT_FALSE(set.Contains(RecordId{}));
  EXPECT_FALSE(set.Erase(RecordId{}));
  EXPECT_TRUE(set.Insert(RecordId{}));
  EXPECT_FALSE(set.Insert(RecordId{}));
  EXPECT_EQ(set.size(), 1u);
  EXPECT_TRUE(set.Erase(RecordId{}));
  EXPECT_EQ(set.size(), 0u);
}

}  // namespace
}  // namespace collector
