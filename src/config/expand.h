// ${NAME} in configuration values. Pure; any thread.
#ifndef COLLECTOR_CONFIG_EXPAND_H_
#define COLLECTOR_CONFIG_EXPAND_H_

#include <string>
#include <string_view>

#include "base/environment.h"

namespace collector {

struct Expansion {
  std::string text;
  bool from_environment = false;  // the text holds the value of a variable: do not show it
  // What is wrong, with no part of the value in it but the variable's name; empty: nothing.
  std::string fault;
  std::string unset_name;  // when the fault is a variable that is not set
};

// `${NAME}` becomes the variable's value, `${NAME:-other}` the text after `:-` when it is unset or
// empty, `$$` a dollar sign; any other dollar sign stays. What was put in is not looked at again,
// so a value that holds `${` stays as it is.
Expansion ExpandEnvironment(std::string_view text, const Environment& environment);

}  // namespace collector

#endif  // COLLECTOR_CONFIG_EXPAND_H_
