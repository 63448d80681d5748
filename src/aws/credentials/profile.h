// ProfileCredentials: the keys of a profile in the shared files (aws/shared_files.h). The files are
// read again when they change, so that rotated keys are taken up without a restart. Any thread.
#ifndef COLLECTOR_AWS_CREDENTIALS_PROFILE_H_
#define COLLECTOR_AWS_CREDENTIALS_PROFILE_H_

#include <string>

#include "aws/credentials.h"
#include "aws/shared_files.h"
#include "base/mutex.h"

namespace collector::aws {

class ProfileCredentials : public CredentialsProvider {
 public:
  // `profile`: empty means AWS_PROFILE, then "default".
  ProfileCredentials(const std::string& profile, const Environment& environment);

  // kNotFound: no profile was asked for by name, and the default one has no keys. kCredentials: the
  // profile asked for is missing, incomplete, or of a kind that this program cannot use.
  Result<Credentials> Get(std::stop_token stop) override EXCLUDES(mutex_);

  void Refuse(const Credentials& refused) override EXCLUDES(mutex_);

 private:
  // What tells one state of a file from another.
  struct Stamp {
    uint64_t inode = 0;
    uint64_t size = 0;
    int64_t changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  static Stamp StampOf(const std::filesystem::path& path);

  Result<Credentials> Read() const;

  const bool asked_for_;
  const std::string profile_;
  const SharedFilePaths paths_;
  Mutex mutex_;
  bool fresh_ GUARDED_BY(mutex_) = false;
  Stamp config_stamp_ GUARDED_BY(mutex_);
  Stamp credentials_stamp_ GUARDED_BY(mutex_);
  Result<Credentials> read_ GUARDED_BY(mutex_);
};

}  // namespace collector::aws

#endif  // COLLECTOR_AWS_CREDENTIALS_PROFILE_H_
