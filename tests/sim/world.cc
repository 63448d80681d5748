#include "sim/world.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <stdlib.h>

namespace collector::sim {
namespace {

constexpr char kIdentity[] =
    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
    "<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/devo</Arn>"
    "<UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
    "</GetCallerIdentityResponse>";

tl::unexpected<Error> ConnectionReset() { return Fail(ErrorKind::kRetry, "connection reset"); }

}  // namespace

std::string OperationOf(const http::Request& request) {
  const std::string* const target = request.headers.Find("X-Amz-Target");
  return target == nullptr ? "" : target->substr(target->find('.') + 1);
}

std::string RegionOfEndpoint(const std::string& url) {
  const size_t first = url.find('.');
  return url.substr(first + 1, url.find('.', first + 1) - first - 1);
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "collector-sim-XXXXXX").string();
  path = ::mkdtemp(pattern.data());
}

http::Response Refusal(const http::Request& request, int status, const std::string& code,
                       const std::string& message) {
  http::Response response;
  response.status = status;
  response.body =
      request.method == "GET"
          ? fmt::format("<Error><Code>{}</Code><Message>{}</Message></Error>", code, message)
          : nlohmann::json{{"__type", code}, {"message", message}}.dump();
  return response;
}

std::optional<Result<http::Response>> Account::Interfere(const http::Request& request) {
  if (random_.Chance(faults_.kill)) throw Killed{};
  ++calls_;
  Asked(request);
  Pass(Milliseconds(random_.Between(20, random_.Chance(0.05) ? 4000 : 300)));
  if (random_.Chance(faults_.reset_before)) return ConnectionReset();
  if (random_.Chance(faults_.throttle)) {
    return request.method == "GET"
               ? Refusal(request, 503, "SlowDown", "Please reduce your request rate")
               : Refusal(request, 400, "ThrottlingException", "Rate exceeded");
  }
  if (random_.Chance(faults_.server_error)) {
    http::Response response;
    response.status = random_.Chance(0.5) ? 500 : 503;
    response.body = "<html>something is wrong</html>";
    return response;
  }
  if (random_.Chance(faults_.denied)) {
    return Refusal(request, request.method == "GET" ? 403 : 400, "AccessDeniedException",
                   "not authorized, for a while");
  }
  return std::nullopt;
}

Result<http::Response> Account::Send(const http::Request& request, std::stop_token stop) {
  if (auto failure = Interfere(request)) return *std::move(failure);
  Result<http::Response> response;
  if (request.body.find("Action=") != std::string::npos) {
    response->status = 200;
    response->body = kIdentity;
  } else {
    response = Answer(request, std::move(stop));
    if (!response) return response;
  }
  if (random_.Chance(faults_.reset_after)) {
    Lost();
    return ConnectionReset();
  }
  if (random_.Chance(faults_.truncated)) {
    Lost();
    response->body.resize(
        static_cast<size_t>(random_.Between(0, static_cast<int64_t>(response->body.size()) - 1)));
  }
  if (random_.Chance(faults_.kill)) throw Killed{};
  return response;
}

}  // namespace collector::sim
