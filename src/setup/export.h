// What a configuration wants of AWS as a template, for those who may not let a program make it.
// Pure functions; any thread.
#ifndef COLLECTOR_SETUP_EXPORT_H_
#define COLLECTOR_SETUP_EXPORT_H_

#include <string>
#include <vector>

#include "setup/wanted.h"

namespace collector::setup {

struct Template {
  std::string region;  // of whose stack it is
  std::string text;    // JSON
};

// A template for each region, for CloudFormation makes stacks in one region each.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
std::vector<Template> ToCloudFormation(const std::string& input, const Wanted& wanted);

// One file for all regions, in Terraform's language, for the provider hashicorp/aws from 5.90 on.
// https://registry.terraform.io/providers/hashicorp/aws/latest/docs
std::string ToTerraform(const std::string& input, const Wanted& wanted);

// "NAME-REGION.json" or "NAME.tf" for the input NAME, without what could lead to another folder.
std::string TemplateFile(const std::string& input, const std::string& region);

// What the templates leave to a person, a sentence each.
std::vector<std::string> LeftByTemplates(const Wanted& wanted);

}  // namespace collector::setup

#endif  // COLLECTOR_SETUP_EXPORT_H_
