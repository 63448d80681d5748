#include "setup/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "setup/key_check.h"

namespace collector::setup {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Differing(const Json& wanted, const Json& found) {
  std::vector<std::string> names;
  for (const Difference& one : Compare(wanted, found)) names.push_back(one.property);
  return names;
}

TEST(Compare, TakesTheFormsInWhichAwsWritesOneValueForTheSame) {
  const Json wanted = {{"Retention", 432000},
                       {"Fifo", true},
                       {"Policy", {{"Action", "sqs:SendMessage"}, {"Max", 5}}}};
  const Json found = {{"Retention", "432000"},
                      {"Fifo", "true"},
                      {"Policy", {{"Action", Json::array({"sqs:SendMessage"})}, {"Max", "5"}}}};
  EXPECT_THAT(Differing(wanted, found), IsEmpty());
}

TEST(Compare, SeesWhatIsMissingEmptyOrAnother) {
  const Json wanted = {{"A", 1}, {"B", "x"}, {"C", Json::array({"a", "b"})}, {"D", {{"k", 1}}}};
  EXPECT_THAT(Differing(wanted, Json::object()), ElementsAre("A", "B", "C", "D"));
  EXPECT_THAT(Differing(wanted, {{"A", 2}, {"B", ""}, {"C", "a"}, {"D", {{"k", 1}, {"l", 2}}}}),
              ElementsAre("A", "B", "C", "D"));
  EXPECT_THAT(Differing({{"A", false}}, {{"A", nullptr}}), ElementsAre("A"));
}

// A text that merely looks like the other is another value.
TEST(Compare, DoesNotTakeWhatLooksAlikeForTheSame) {
  const auto differ = [](const Json& wanted, const Json& found) {
    return !Compare({{"A", wanted}}, {{"A", found}}).empty();
  };
  EXPECT_TRUE(differ(10, "010"));
  EXPECT_TRUE(differ(10, "10 "));
  EXPECT_TRUE(differ(1, true));
  EXPECT_TRUE(differ("a", "A"));
  EXPECT_TRUE(differ(Json::array({"a", "b"}), Json::array({"b", "a"})));
  EXPECT_TRUE(differ(Json::array({"a"}), Json::array({"a", "a"})));
  EXPECT_TRUE(differ(Json::array(), nullptr));
  EXPECT_TRUE(differ(Json::object(), Json::array()));
  EXPECT_TRUE(differ({{"Deny", "x"}}, {{"Deny", Json::array({"x", "y"})}}));
  EXPECT_TRUE(differ({{"k", {{"deep", 1}}}}, {{"k", {{"deep", 2}}}}));
  EXPECT_TRUE(differ("", nullptr));
}

TEST(Compare, FindsNothingWhereNothingIsWanted) {
  EXPECT_THAT(Differing(Json::object(), {{"A", 1}, {"Tags", {{"t", "x"}}}}), IsEmpty());
}

TEST(Compare, TakesTagsThatAreNoObjectForNone) {
  const Json wanted = {{"Tags", {{"t", "x"}}}};
  for (const Json& found : {Json(), Json("x"), Json::array({"x"})}) {
    EXPECT_THAT(Differing(wanted, {{"Tags", found}}), ElementsAre("Tags"));
  }
  EXPECT_THAT(Differing(wanted, {{"Tags", {{"T", "x"}}}}), ElementsAre("Tags"));
}

TEST(Compare, LeavesPropertiesAndTagsOfOthersAlone) {
  const Json wanted = {{"A", 1}, {"Tags", {{"usedBy", "devo-collector"}}}};
  EXPECT_THAT(Differing(wanted, {{"A", 1},
                                 {"KmsMasterKeyId", "k"},
                                 {"Tags", {{"usedBy", "devo-collector"}, {"team", "x"}}}}),
              IsEmpty());
  EXPECT_THAT(Differing(wanted, {{"A", 1}, {"Tags", {{"usedBy", "other"}}}}), ElementsAre("Tags"));
  EXPECT_THAT(Differing(wanted, {{"A", 1}}), ElementsAre("Tags"));
}

TEST(Compare, ShowsWhatIsThereAndWhatIsWanted) {
  const auto differences = Compare({{"A", 1}, {"B", "x"}}, {{"A", "2"}});
  ASSERT_EQ(differences.size(), 2u);
  EXPECT_EQ(differences[0].found, "\"2\"");
  EXPECT_EQ(differences[0].wanted, "1");
  EXPECT_EQ(differences[1].found, "");
}

TEST(StatementFor, NamesActionAndResourceWhereAwsHasRefused) {
  const auto statement = [](const char* code, const char* permission) {
    return StatementFor({ErrorKind::kCredentials, "no", code}, permission, "arn:aws:sqs:::q");
  };
  EXPECT_EQ(
      Json::parse(statement("AccessDenied", "sqs:CreateQueue")),
      Json({{"Effect", "Allow"}, {"Action", "sqs:CreateQueue"}, {"Resource", "arn:aws:sqs:::q"}}));
  // Calls that have no resource can only be allowed for all.
  for (const char* permission : {"ec2:DescribeVpcs", "sqs:ListQueues", "events:ListRules",
                                 "logs:DescribeDeliveries", "cloudfront:ListDistributions"}) {
    EXPECT_EQ(Json::parse(statement("AccessDeniedException", permission))["Resource"], "*");
  }
  EXPECT_EQ(statement("InvalidParameterValue", "sqs:CreateQueue"), "");
}

// AWS's services call it by different names.
TEST(StatementFor, KnowsEveryNameOfARefusalAndTakesNothingElseForOne) {
  const auto statement = [](const char* code) {
    return StatementFor({ErrorKind::kRejected, "no", code}, "sqs:TagQueue", "arn:q");
  };
  for (const char* code :
       {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}) {
    EXPECT_EQ(Json::parse(statement(code))["Action"], "sqs:TagQueue") << code;
  }
  for (const char* code : {"", "accessdenied", "AccessDenied ", "ExpiredToken", "Throttling"}) {
    EXPECT_EQ(statement(code), "") << code;
  }
}

TEST(StatementFor, NamesTheResourceWhereTheActionOnlyBeginsLikeOneThatHasNone) {
  const auto resource = [](const char* permission) {
    const std::string text =
        StatementFor({ErrorKind::kRejected, "no", "AccessDenied"}, permission, "arn:\"quoted\"");
    return Json::parse(text)["Resource"];
  };
  for (const char* permission : {"events:ListTargetsByRule", "sqs:ListQueueTags", "s3:ListBucket",
                                 "kms:DescribeKey", "logs:PutDeliverySource"}) {
    EXPECT_EQ(resource(permission), "arn:\"quoted\"") << permission;
  }
}

TEST(NeedText, NamesTheResourceAsAPersonDoes) {
  const Resource queue{std::string(kQueue), "a queue", "eu-west-1"};
  EXPECT_EQ(NeedText(queue.Id()), "it needs the SQS queue a queue in eu-west-1, see there");
}

TEST(MissingOfKey, FindsWhatAServiceMayNotDo) {
  const std::vector<std::string> needed = {"kms:GenerateDataKey", "kms:Decrypt"};
  const auto missing = [&](const char* statements) {
    const Json policy = {{"Statement", Json::parse(statements)}};
    return MissingOfKey(policy, "events.amazonaws.com", needed);
  };
  EXPECT_THAT(missing("[]"), ElementsAre("kms:GenerateDataKey", "kms:Decrypt"));
  EXPECT_THAT(missing(R"([{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},
                           "Action":["kms:GenerateDataKey*","kms:Decrypt"]}])"),
              IsEmpty());
  EXPECT_THAT(missing(R"({"Effect":"Allow","Principal":"*","Action":"kms:*"})"), IsEmpty());
  EXPECT_THAT(missing(R"([{"Effect":"Allow","Principal":{"Service":
                           ["s3.amazonaws.com","events.amazonaws.com"]},"Action":"kms:Decrypt"}])"),
              ElementsAre("kms:GenerateDataKey"));
  // The account's own leave, of which a service has nothing, another service's, and a refusal.
  EXPECT_EQ(missing(R"([{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:*"},
                        {"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},
                         "Action":"kms:*"},
                        {"Effect":"Deny","Principal":"*","Action":"kms:*"}])")
                .size(),
            2u);
  EXPECT_EQ(MissingOfKey(Json::object(), "s3.amazonaws.com", needed), needed);
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
TEST(MissingOfKey, ReadsActionsAsIamDoes) {
  const auto missing = [](const char* action) {
    const Json policy = {{"Statement",
                          {{"Effect", "Allow"},
                           {"Principal", {{"Service", "s3.amazonaws.com"}}},
                           {"Action", action}}}};
    return MissingOfKey(policy, "s3.amazonaws.com", {"kms:GenerateDataKey"}).size();
  };
  for (const char* action : {"*", "kms:*", "KMS:generatedatakey", "kms:Generate*Key",
                             "kms:GenerateDataKe?", "kms:*Key"}) {
    EXPECT_EQ(missing(action), 0u) << action;
  }
  for (const char* action :
       {"", "kms:", "kms:GenerateDataKey?", "kms:GenerateDataKeyPair", "s3:*", "*Pair"}) {
    EXPECT_EQ(missing(action), 1u) << action;
  }
}

TEST(MissingOfKey, LetsARefusalThatAlwaysHoldsWin) {
  const auto missing = [](const char* refusal) {
    const Json policy = {
        {"Statement",
         {{{"Effect", "Allow"}, {"Principal", "*"}, {"Action", "kms:*"}}, Json::parse(refusal)}}};
    return MissingOfKey(policy, "events.amazonaws.com", {"kms:GenerateDataKey", "kms:Decrypt"});
  };
  EXPECT_THAT(missing(R"({"Effect":"Deny","Principal":"*","Action":"kms:Decrypt"})"),
              ElementsAre("kms:Decrypt"));
  EXPECT_THAT(missing(R"({"Effect":"Deny","Principal":"*","Action":"kms:*",
                          "Condition":{"Bool":{"aws:SecureTransport":"false"}}})"),
              IsEmpty());
  EXPECT_THAT(missing(R"({"Effect":"Deny","Principal":{"Service":"s3.amazonaws.com"},
                          "Action":"kms:*"})"),
              IsEmpty());
}

TEST(MissingOfKey, GivesTheMissingActionsInTheOrderOfTheNeededOnes) {
  const std::vector<std::string> needed = {"kms:B", "kms:A", "kms:C"};
  EXPECT_EQ(MissingOfKey({{"Statement", Json::array()}}, "s", needed), needed);
  EXPECT_THAT(MissingOfKey(Json::object(), "s", {}), IsEmpty());
}

}  // namespace
}  // namespace collector::setup
