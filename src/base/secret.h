// Secret: a string that must not appear anywhere (an access key's secret, a token, a passphrase).
// It prints as its length, and the one way to its text is Reveal(), which is easy to search for.
// A plain value.
#ifndef COLLECTOR_BASE_SECRET_H_
#define COLLECTOR_BASE_SECRET_H_

#include <string>
#include <utility>

namespace collector {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  const std::string& Reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  // "(secret, 40 characters)": what may stand in a log line or an error.
  std::string ToString() const;

  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

}  // namespace collector

#endif  // COLLECTOR_BASE_SECRET_H_
