#include "setup/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collector::setup {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Wanted OneQueue(const std::string& name, const std::string& tag) {
  Resource queue{std::string(kQueue), name, "eu-west-1"};
  queue.properties = {{"QueueName", name}, {"Tags", {{"t", tag}}}};
  return {{queue}, {}};
}

// The tag's value as it stands in the file.
std::string InTerraform(const std::string& tag) {
  const std::string file = ToTerraform("in", OneQueue("q", tag));
  constexpr std::string_view kBefore = "\"t\" = ";
  const size_t from = file.find(kBefore) + kBefore.size();
  return file.substr(from, file.find('\n', from) - from);
}

// And as CloudFormation reads it.
Json InCloudFormation(const std::string& tag) {
  const auto templates = ToCloudFormation("in", OneQueue("q", tag));
  return Json::parse(templates.at(0).text)["Resources"]["QueueQ"]["Properties"]["Tags"][0]["Value"];
}

// https://developer.hashicorp.com/terraform/language/expressions/strings
TEST(ToTerraform, WritesTextsThatTerraformReadsAsTheyAre) {
  EXPECT_EQ(InTerraform("a\"b\\c ${x} %{if} \n\t\r $ %"), R"("a\"b\\c $${x} %%{if} \n\t\r $ %")");
  EXPECT_EQ(InTerraform(""), R"("")");
  EXPECT_EQ(InTerraform("\\"), R"("\\")");
  EXPECT_EQ(InTerraform("\\${x}"), R"("\\$${x}")");
  EXPECT_EQ(InTerraform("\"${file(\"/etc/passwd\")}\""), R"("\"$${file(\"/etc/passwd\")}\"")");
  EXPECT_EQ(InTerraform("$"), R"("$")");
  EXPECT_EQ(InTerraform("{${"), R"("{$${")");
  EXPECT_EQ(InTerraform("/* # // <<EOT"), R"("/* # // <<EOT")");
}

TEST(ToTerraform, LeavesLettersOfAllScriptsAlone) {
  EXPECT_EQ(InTerraform("\u00fc\u4e2d\U0001f600\u2028"), "\"\u00fc\u4e2d\U0001f600\u2028\"");
}

TEST(ToTerraform, FillsInTheAccountsNumber) {
  constexpr char kNumber[] = "${data.aws_caller_identity.current.account_id}";
  EXPECT_EQ(InTerraform("is ${AWS::AccountId}!"), std::string("\"is ") + kNumber + "!\"");
  EXPECT_EQ(InTerraform("${AWS::AccountId}${AWS::AccountId}"),
            std::string("\"") + kNumber + kNumber + "\"");
  EXPECT_EQ(InTerraform("${AWS::Region}"), R"("$${AWS::Region}")");
  EXPECT_THAT(ToTerraform("in", OneQueue("q", "${AWS::AccountId}")), Not(HasSubstr("AWS::Acc")));
}

TEST(ToTerraform, KeepsAnInputsNameInItsComment) {
  const std::string file = ToTerraform("a\n} resource \"x\" {\r\n#", OneQueue("q", "t"));
  EXPECT_EQ(
      file.substr(0, file.find('\n')),
      "# What aws-collector needs of AWS for its input \"a\\n} resource \\\"x\\\" {\\r\\n#\".");
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-sub.html
TEST(ToCloudFormation, MarksTextsThatHoldTheAccountsNumber) {
  const auto sub = [](const char* text) { return Json({{"Fn::Sub", text}}); };
  EXPECT_EQ(InCloudFormation("is ${AWS::AccountId}!"), sub("is ${AWS::AccountId}!"));
  EXPECT_EQ(InCloudFormation("${AWS::AccountId}${AWS::AccountId}"),
            sub("${AWS::AccountId}${AWS::AccountId}"));
  EXPECT_EQ(InCloudFormation("${AWS::AccountId"), "${AWS::AccountId");
}

// There Fn::Sub would look for a resource of that name, and refuse the template.
TEST(ToCloudFormation, HasNothingElseFilledInBesideTheAccountsNumber) {
  EXPECT_EQ(InCloudFormation("${x} ${AWS::AccountId} ${ $${y}"),
            Json({{"Fn::Sub", "${!x} ${AWS::AccountId} ${! $${!y}"}}));
  EXPECT_EQ(InCloudFormation("${x}"), "${x}");
}

TEST(ToCloudFormation, WritesAnyTextAsJson) {
  const std::string text = "\" \\ \n \u00fc \U0001f600";
  EXPECT_EQ(InCloudFormation(text), text);
  const auto templates = ToCloudFormation(text, OneQueue("q", "t"));
  const Json whole = Json::parse(templates.at(0).text);
  EXPECT_THAT(whole["Description"].get<std::string>(), HasSubstr(text));
}

TEST(TemplateFile, StaysInItsFolder) {
  EXPECT_EQ(TemplateFile("production", "eu-west-1"), "production-eu-west-1.json");
  EXPECT_EQ(TemplateFile("production", ""), "production.tf");
  EXPECT_EQ(TemplateFile("../../etc/x y", ""), "______etc_x_y.tf");
  EXPECT_EQ(TemplateFile(".\n\\$`", "eu-west-1"), "_____-eu-west-1.json");
  EXPECT_EQ(TemplateFile("\u00fcber", ""), "\u00fcber.tf");
}

TEST(Export, WritesNothingWhereNothingIsWanted) {
  EXPECT_TRUE(ToCloudFormation("in", {}).empty());
  EXPECT_THAT(ToTerraform("in", {}), Not(HasSubstr("resource")));
  EXPECT_THAT(LeftByTemplates({{}, {"by hand"}}), ElementsAre("by hand"));
}

}  // namespace
}  // namespace collector::setup
