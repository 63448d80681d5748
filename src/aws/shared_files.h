// The files that AWS's tools share: ~/.aws/config and ~/.aws/credentials, read by the rules that
// botocore follows (Python's configparser), so that a file means here what it means to the AWS CLI.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
// Plain values and pure functions but for LoadIni(), which reads a file; any thread.
#ifndef COLLECTOR_AWS_SHARED_FILES_H_
#define COLLECTOR_AWS_SHARED_FILES_H_

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/result.h"

namespace collector::aws {

struct IniValue {
  std::string text;                          // of `key = text`
  std::map<std::string, std::string> block;  // of a key without text, with indented lines below it
};
using IniSection = std::map<std::string, IniValue>;  // keys are in lower case
using IniFile = std::map<std::string, IniSection>;

// kRejected, with `name` and the line: what is no section, key or value; a key or section twice.
Result<IniFile> ParseIni(std::string_view text, std::string_view name);

// A file that does not exist is an empty one.
Result<IniFile> LoadIni(const std::filesystem::path& path);

struct SharedFilePaths {
  std::filesystem::path config;       // AWS_CONFIG_FILE, else ~/.aws/config
  std::filesystem::path credentials;  // AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials
};
SharedFilePaths FindSharedFiles(const Environment& environment);

// `profile`, else AWS_PROFILE, else "default".
std::string ProfileName(std::string_view profile, const Environment& environment);

// The section of the config file named "<kind> <name>" ("profile audit", "services local"); a
// profile called default may also stand as [default]. Nullptr when there is none.
const IniSection* FindSection(const IniFile& config, std::string_view kind, std::string_view name);

// The text of a key, empty when it is not there.
std::string TextOf(const IniSection& section, std::string_view key);

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_SHARED_FILES_H_
