#include "sources/audit_event.h"

#include <gtest/gtest.h>

namespace collector {
namespace {

TEST(AuditEventOrigin, PrefersTheRecipientsAccount) {
  const auto origin = ReadAuditEventOrigin(
      R"({"account":"3","userIdentity":{"accountId":"2"},"recipientAccountId":"1",
          "region":"b","awsRegion":"a"})");
  EXPECT_EQ(origin.account, "1");
  EXPECT_EQ(origin.region, "a");
}

TEST(AuditEventOrigin, FallsBackInTheOrderThatDevoUses) {
  EXPECT_EQ(ReadAuditEventOrigin(R"({"account":"3","userIdentity":{"accountId":"2"}})").account,
            "2");
  EXPECT_EQ(ReadAuditEventOrigin(R"({"account":"3","userIdentity":{"type":"Root"}})").account, "3");
  EXPECT_EQ(ReadAuditEventOrigin(R"({"account":"3","userIdentity":null})").account, "3");
  EXPECT_EQ(ReadAuditEventOrigin(R"({"region":"b"})").region, "b");
}

TEST(AuditEventOrigin, IsEmptyForWhatIsNotACloudTrailEvent) {
  for (const char* document : {"", "null", "[]", "\"text\"", "{", "not json", "{\"awsRegion\":5}",
                               R"({"recipientAccountId":{},"awsRegion":[]})"}) {
    const auto origin = ReadAuditEventOrigin(document);
    EXPECT_EQ(origin.account, "") << document;
    EXPECT_EQ(origin.region, "") << document;
  }
}

}  // namespace
}  // namespace collector
