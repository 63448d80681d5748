#include "http/transport.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.h"

namespace collector::http {
namespace {

// A body that came whole.
class WholeExchange : public Exchange {
 public:
  explicit WholeExchange(Response response)
      : Exchange(response.status, std::move(response.headers)), body_(std::move(response.body)) {}

  Result<std::string_view> Read(std::stop_token stop) override {
    if (stop.stop_requested()) {
      return Fail(ErrorKind::kCancelled, "the call was cancelled: the program is ending");
    }
    return std::exchange(read_, true) ? std::string_view() : std::string_view(body_);
  }

 private:
  const std::string body_;
  bool read_ = false;
};

}  // namespace

const std::string* Headers::Find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (std::equal(field.begin(), field.end(), name.begin(), name.end(),
                   [](char a, char b) { return LowerAscii(a) == LowerAscii(b); })) {
      return &value;
    }
  }
  return nullptr;
}

Result<Response> ReadWhole(Exchange& exchange, size_t max_bytes, std::stop_token stop) {
  Response response{exchange.status(), exchange.headers(), {}};
  for (;;) {
    const auto bytes = exchange.Read(stop);
    if (!bytes) return Propagate(bytes);
    if (bytes->empty()) return response;
    if (bytes->size() > max_bytes - response.body.size()) {
      return Fail(ErrorKind::kRejected,
                  fmt::format("the answer is larger than {} bytes", max_bytes));
    }
    response.body += *bytes;
  }
}

Result<std::unique_ptr<Exchange>> Transport::Open(const Request& request, std::stop_token stop) {
  auto answer = Send(request, std::move(stop));
  if (!answer) return Propagate(answer);
  return std::make_unique<WholeExchange>(*std::move(answer));
}

}  // namespace collector::http
