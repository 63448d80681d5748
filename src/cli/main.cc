#include <iostream>
#include <string>
#include <vector>

#include "cli/collect.h"
#include "cli/command_line.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return collector::RunCommandLine(arguments, collector::Collect, std::cout, std::cerr);
}
