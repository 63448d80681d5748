// aws_oracle_tool MODE: the AWS client's parts as a filter, for tests that compare them with
// botocore (tests/oracle). Reads one JSON object a line and answers each with one. Modes: sign,
// endpoint, regions, request, credentials, call.
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aws/client.h"
#include "aws/oracle_operations.h"
#include "aws/signing.h"
#include "base/time_text.h"
#include "http/curl_transport.h"
#include "http/url.h"

namespace collector {
namespace {

using Json = nlohmann::json;

Timestamp Time(const Json& object, const char* key) {
  return ParseTime(Text(object, key)).value_or(Timestamp{});
}

Environment EnvironmentOf(const Json& object) {
  return Environment(object.value("environment", Environment::Variables()));
}

Json HeadersOf(const http::Headers& headers) {
  Json list = Json::array();
  for (const auto& [name, value] : headers.fields()) list.push_back({name, value});
  return list;
}

aws::Credentials CredentialsOf(const Json& object) {
  return {Text(object, "access_key"), Secret(Text(object, "secret")), Secret(Text(object, "token")),
          std::nullopt, "the configuration (access_key)"};
}

Json Sign(const Json& input) {
  static aws::Signer signer;
  http::Request request;
  request.method = Text(input, "method");
  request.url = Text(input, "url");
  for (const auto& header : input["headers"]) request.headers.Add(header[0], header[1]);
  request.body = FromHex(Text(input, "body_hex"));
  const std::string service = Text(input, "service");
  const auto signature = signer.Sign(request, CredentialsOf(input), Text(input, "region"), service,
                                     Time(input, "time"));
  if (!signature) return ErrorOf(signature.error());
  std::string names;
  return {{"headers", HeadersOf(request.headers)},
          {"canonical", aws::CanonicalRequest(request, service, &names)}};
}

const aws::Service* FindService(const std::string& name) {
  for (const aws::Service* service : aws::kServices) {
    if (service->name == name) return service;
  }
  return nullptr;
}

Json ResolveEndpoint(const Json& input) {
  const aws::Service* service = FindService(Text(input, "service"));
  if (service == nullptr) return {{"error", "unknown service"}};
  aws::EndpointOptions options;
  options.fips = input.value("fips", false);
  options.dualstack = input.value("dualstack", false);
  options.endpoint_url = Text(input, "endpoint_url");
  options.profile = Text(input, "profile");
  options.environment = EnvironmentOf(input);
  const auto endpoint = aws::ResolveEndpoint(*service, Text(input, "region"), options);
  if (!endpoint) return ErrorOf(endpoint.error());
  return {{"url", endpoint->url}, {"signing_region", endpoint->signing_region}};
}

Json DescribeRegion(const Json& input) {
  const std::string name = Text(input, "region");
  return {{"partition", aws::PartitionOf(name)},
          {"looks_like", aws::LooksLikeRegion(name)},
          {"known", aws::IsKnownRegion(name)},
          {"nearest", aws::NearestRegion(name)}};
}

Json FindCredentials(const Json& input) {
  SystemClock clock;
  const auto provider =
      aws::MakeCredentials({"", {}, {}, Text(input, "profile")}, EnvironmentOf(input), clock);
  const auto credentials = provider->Get({});
  if (!credentials) return ErrorOf(credentials.error());
  return {{"access_key", credentials->access_key_id},
          {"secret", credentials->secret_access_key.Reveal()},
          {"token", credentials->session_token.Reveal()}};
}

// Remembers what it was to send, and fails.
class Catcher : public http::Transport {
 public:
  Result<http::Response> Send(const http::Request& request, std::stop_token) override {
    if (caught.empty()) {
      caught = {{"method", request.method},
                {"url", request.url},
                {"headers", HeadersOf(request.headers)},
                {"body", request.body}};
    }
    return Fail(ErrorKind::kRejected, "caught");
  }
  Json caught;
};

Json CallWith(http::Transport& transport, const Json& input) {
  SystemClock clock;
  Events events([](Level, std::string_view line) { std::cerr << line << "\n"; }, Level::kDebug);
  aws::RateLimiters limiters(clock);
  aws::ClockSkew skew(clock, events);
  aws::SessionOptions options;
  options.credentials =
      aws::MakeCredentials({Text(input, "access_key"), Secret(Text(input, "secret")),
                            Secret(Text(input, "token")), Text(input, "profile")},
                           EnvironmentOf(input), clock);
  options.endpoints.environment = EnvironmentOf(input);
  options.endpoints.endpoint_url = Text(input, "endpoint_url");
  options.endpoints.fips = input.value("fips", false);
  options.endpoints.dualstack = input.value("dualstack", false);
  options.retries.retries = input.value("retries", 0);
  const auto session = std::make_shared<aws::Session>(
      aws::Runtime{transport, clock, events, limiters, skew}, options);
  if (input.value("account_known", false)) {
    session->RememberAccount(Text(input, "access_key"), "123456789012");
  }
  aws::Client client(session, Text(input, "region"));
  return CallOperation(client, input);
}

// A call over the network, as the collector makes it.
Json CallAws(const Json& input) {
  http::CurlTransport transport(EnvironmentOf(input), "aws-collector/test");
  return CallWith(transport, input);
}

// The request of a call as it would go out.
Json Serialise(const Json& input) {
  Catcher catcher;
  Json with_keys = input;
  with_keys.update({{"access_key", "a"}, {"secret", "b"}, {"account_known", true}});
  const Json answer = CallWith(catcher, with_keys);
  return catcher.caught.empty() ? answer : catcher.caught;
}

int Main(const std::string& mode) {
  const std::map<std::string, std::function<Json(const Json&)>> modes = {
      {"sign", Sign},         {"endpoint", ResolveEndpoint},    {"regions", DescribeRegion},
      {"request", Serialise}, {"credentials", FindCredentials}, {"call", CallAws}};
  const auto chosen = modes.find(mode);
  if (chosen == modes.end()) {
    std::cerr << "unknown mode\n";
    return 2;
  }
  std::string line;
  while (std::getline(std::cin, line)) std::cout << chosen->second(Json::parse(line)) << std::endl;
  return 0;
}

}  // namespace
}  // namespace collector

int main(int argc, char** argv) { return collector::Main(argc > 1 ? argv[1] : ""); }
