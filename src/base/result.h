// Result<T> and Error: how every fallible function of the collector answers. An Error names the
// caller's next move (its kind) and carries one sentence for a person. Plain values, owned by who
// holds them, safe to move between threads.
#ifndef COLLECTOR_BASE_RESULT_H_
#define COLLECTOR_BASE_RESULT_H_

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace collector {

// What the caller should do next.
enum class ErrorKind {
  kRetry,        // passing: a broken connection, a 5xx; the same call may go through later
  kThrottled,    // the other side asks for fewer calls
  kCredentials,  // the credentials are wrong, expired or missing: get others
  kNotFound,     // the thing named does not exist
  kRejected,     // the request, the file or the permission is wrong: a person has to act
  kCancelled,    // the program is ending
};

std::string_view ToString(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::kRejected;
  // One sentence without a final stop: what happened, to what, what to do. Never a secret.
  std::string message;
  // The other side's own word for it ("ThrottlingException", "ENOSPC"); empty when it has none.
  std::string code = {};
};

template <typename T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

inline tl::unexpected<Error> Fail(ErrorKind kind, std::string message, std::string code = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(message), std::move(code)});
}

// Passes an error on: `if (!r) return Propagate(r);`
template <typename R>
tl::unexpected<Error> Propagate(R&& failed) {
  return tl::unexpected<Error>(std::forward<R>(failed).error());
}

}  // namespace collector

#endif  // COLLECTOR_BASE_RESULT_H_
