#include "aws/credentials/profile.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace collector::aws {
namespace {

// Ways for a profile to get credentials that this program does not have, in the order in which the
// AWS CLI would take them.
constexpr std::string_view kBeforeKeys[] = {
    "role_arn",      "web_identity_token_file", "credential_source", "sso_session",
    "sso_start_url", "sso_account_id",          "login_session"};
constexpr std::string_view kAfterKeys[] = {"credential_process"};

}  // namespace

ProfileCredentials::ProfileCredentials(const std::string& profile, const Environment& environment)
    : asked_for_(!profile.empty() || environment.Get("AWS_PROFILE").has_value()),
      profile_(ProfileName(profile, environment)),
      paths_(FindSharedFiles(environment)) {}

ProfileCredentials::Stamp ProfileCredentials::StampOf(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return {info.st_ino, static_cast<uint64_t>(info.st_size),
          info.st_ctim.tv_sec * 1'000'000'000 + info.st_ctim.tv_nsec};
}

Result<Credentials> ProfileCredentials::Get(std::stop_token) {
  // Looked at before the files are read: a change in between is seen next time.
  const Stamp config_stamp = StampOf(paths_.config);
  const Stamp credentials_stamp = StampOf(paths_.credentials);
  MutexLock lock(mutex_);
  if (!fresh_ || config_stamp != config_stamp_ || credentials_stamp != credentials_stamp_) {
    read_ = Read();
    config_stamp_ = config_stamp;
    credentials_stamp_ = credentials_stamp;
    fresh_ = read_.has_value();
  }
  return read_;
}

void ProfileCredentials::Refuse(const Credentials&) {
  MutexLock lock(mutex_);
  fresh_ = false;
}

Result<Credentials> ProfileCredentials::Read() const {
  const auto as_credentials_error = [](const Error& error) {
    return Fail(ErrorKind::kCredentials, error.message, error.code);
  };
  const auto config_file = LoadIni(paths_.config);
  if (!config_file) return as_credentials_error(config_file.error());
  const auto credentials_file = LoadIni(paths_.credentials);
  if (!credentials_file) return as_credentials_error(credentials_file.error());

  const IniSection* in_config = FindSection(*config_file, "profile", profile_);
  const auto in_credentials = credentials_file->find(profile_);
  const bool has_credentials = in_credentials != credentials_file->end();
  if (in_config == nullptr && !has_credentials) {
    return Fail(asked_for_ ? ErrorKind::kCredentials : ErrorKind::kNotFound,
                fmt::format("profile {} (not in {} nor in {})", profile_,
                            paths_.credentials.string(), paths_.config.string()));
  }
  const IniSection none;
  const IniSection& config = in_config != nullptr ? *in_config : none;
  const IniSection& credentials = has_credentials ? in_credentials->second : none;
  const auto cannot = [&](std::string_view key) {
    return Fail(ErrorKind::kCredentials,
                fmt::format("profile {} gets its credentials by {}, which aws-collector cannot do; "
                            "use a profile with aws_access_key_id, or access_key and access_secret "
                            "in the configuration",
                            profile_, key));
  };
  for (const std::string_view key : kBeforeKeys) {
    if (config.count(std::string(key)) + credentials.count(std::string(key)) > 0) {
      return cannot(key);
    }
  }
  for (const auto* section : {&credentials, &config}) {
    if (section == &config) {
      for (const std::string_view key : kAfterKeys) {
        if (config.count(std::string(key)) > 0) return cannot(key);
      }
    }
    const auto& path = section == &config ? paths_.config : paths_.credentials;
    Credentials found;
    found.access_key_id = TextOf(*section, "aws_access_key_id");
    if (found.access_key_id.empty()) continue;
    found.secret_access_key = Secret(TextOf(*section, "aws_secret_access_key"));
    found.session_token = Secret(TextOf(*section, "aws_session_token"));
    found.origin = fmt::format("profile {} of {}", profile_, path.string());
    if (found.secret_access_key.empty()) {
      return Fail(ErrorKind::kCredentials,
                  found.origin + " has aws_access_key_id but no aws_secret_access_key");
    }
    return found;
  }
  return Fail(asked_for_ ? ErrorKind::kCredentials : ErrorKind::kNotFound,
              fmt::format("profile {} (without aws_access_key_id in {} and in {})", profile_,
                          paths_.credentials.string(), paths_.config.string()));
}

}  // namespace collector::aws
