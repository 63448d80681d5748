#include "aws/session.h"

namespace collector::aws {

std::optional<std::string> Session::KnownAccount(const std::string& access_key_id) const {
  MutexLock lock(mutex_);
  if (account_.empty() || access_key_id_ != access_key_id) return std::nullopt;
  return account_;
}

std::string Session::LastAccount() const {
  MutexLock lock(mutex_);
  return account_;
}

void Session::RememberAccount(const std::string& access_key_id, const std::string& account) {
  MutexLock lock(mutex_);
  access_key_id_ = access_key_id;
  account_ = account;
}

}  // namespace collector::aws
