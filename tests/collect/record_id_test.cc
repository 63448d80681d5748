#include <gtest/gtest.h>

#include "collect/position_store.h"

namespace collector {
namespace {

TEST(RecordId, HoldsAUuidExactly) {
  const RecordId id = RecordId::From("00112233-4455-6677-8899-aabbccddeeff");
  for (size_t i = 0; i < id.bytes.size(); ++i) EXPECT_EQ(id.bytes[i], i * 0x11);
}

TEST(RecordId, TellsTextsApartThatAreAlmostUuids) {
  const char* texts[] = {"00112233-4455-6677-8899-aabbccddeeff",
                         "00112233-4455-6677-8899-AABBCCDDEEFF",
                         "00112233-4455-6677-8899-aabbccddeeff ",
                         "00112233445566778899aabbccddeeff",
                         "",
                         "g0112233-4455-6677-8899-aabbccddeeff",
                         "00112233+4455-6677-8899-aabbccddeeff"};
  for (const char* a : texts) {
    for (const char* b : texts) EXPECT_EQ(RecordId::From(a) == RecordId::From(b), a == b);
  }
}

// The hash is SHA-256: a state file must be readable by every later version.
TEST(RecordId, HashesOtherTextsAlwaysTheSameWay) {
  const RecordId id = RecordId::From("abc");
  EXPECT_EQ(id.bytes[0], 0xba);
  EXPECT_EQ(id.bytes[15], 0x23);
}

}  // namespace
}  // namespace collector
