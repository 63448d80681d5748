// What both kinds of templates are written from. Pure functions; any thread.
#ifndef COLLECTOR_SETUP_TEMPLATE_RESOURCES_H_
#define COLLECTOR_SETUP_TEMPLATE_RESOURCES_H_

#include <vector>

#include "setup/wanted.h"

namespace collector::setup {

// The resources that a template may make, each after what it needs, and needing nothing else. A
// bucket of others is none, and neither is its policy or its notification: a template replaces
// these as a whole, and with them what others have put there.
//
// Each delivery needs the one before: made at the same time, all but one of those that go to the
// same place fail with a ConflictException.
// https://github.com/hashicorp/terraform-provider-aws/issues/42194
std::vector<Resource> TemplateResources(const Wanted& wanted);

// Whether it is the policy or a notification of this bucket.
bool IsPartOf(const Resource& part, const Resource& bucket);

}  // namespace collector::setup

#endif  // COLLECTOR_SETUP_TEMPLATE_RESOURCES_H_
