// VPC flow logs in the default format: a header line, then a line a flow of 14 fields.
#include <array>
#include <vector>

#include <fmt/format.h>

#include "s3/corpus.h"

namespace collector::bench {
namespace {

constexpr size_t kInterfaces = 96;
constexpr size_t kPeers = 12000;
constexpr uint64_t kFirstSecond = 1'763'640'000;  // 2025-11-20 12:00:00

struct Interface {
  std::string id;
  std::string address;
};

class VpcLog : public LogKind {
 public:
  explicit VpcLog(uint64_t seed) {
    Random random(seed);
    for (size_t i = 0; i < kInterfaces; ++i) {
      interfaces_.push_back(
          {"eni-0" + random.Hex(16),
           fmt::format("10.{}.{}.{}", random.Below(4), random.Below(32), random.Between(4, 254))});
    }
    for (size_t i = 0; i < kPeers; ++i) {
      peers_.push_back(random.Percent(55)
                           ? fmt::format("10.{}.{}.{}", random.Below(4), random.Below(32),
                                         random.Between(4, 254))
                           : fmt::format("{}.{}.{}.{}", random.Between(11, 223), random.Below(256),
                                         random.Below(256), random.Between(1, 254)));
    }
  }

  std::string Start() const override {
    return "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
           "start end action log-status\n";
  }

  void Append(Random& random, std::string& out) override {
    // A file has the flows of one interface after the other, a capture window at a time.
    if (left_ == 0) {
      interface_ = &interfaces_[random.Skewed(kInterfaces)];
      left_ = random.Between(1, 4);
      window_ += random.Percent(1) ? 1 : 0;
    }
    --left_;
    const uint64_t start = kFirstSecond + window_ * 60 + random.Below(55);
    const uint64_t end = start + (random.Percent(70) ? 60 - random.Below(6) : random.Below(60));
    if (random.Percent(1)) {
      fmt::format_to(std::back_inserter(out), "2 123456789012 {} - - - - - - - {} {} - NODATA",
                     interface_->id, start, end);
      return;
    }
    constexpr std::array<int, 8> kPorts = {443, 443, 443, 80, 5432, 53, 6379, 8080};
    const std::string& peer = peers_[random.Skewed(kPeers)];
    const int service = kPorts[random.Below(kPorts.size())];
    const auto client = static_cast<int>(random.Between(32'768, 60'999));
    const bool incoming = random.Percent(50);
    const bool from_client = random.Percent(50);
    const uint64_t packets = 1 + random.Skewed(60);
    const uint64_t bytes = packets * random.Between(40, 1100);
    const bool refused = random.Percent(7);
    fmt::format_to(std::back_inserter(out), "2 123456789012 {} {} {} {} {} {} {} {} {} {} {} OK",
                   interface_->id, incoming ? peer : interface_->address,
                   incoming ? interface_->address : peer, from_client ? client : service,
                   from_client ? service : client, service == 53 ? 17 : 6, packets, bytes, start,
                   end, refused ? "REJECT" : "ACCEPT");
  }

 private:
  std::vector<Interface> interfaces_;
  std::vector<std::string> peers_;
  const Interface* interface_ = nullptr;
  uint64_t left_ = 0;
  uint64_t window_ = 0;
};

}  // namespace

std::unique_ptr<LogKind> MakeVpcLog(uint64_t seed) { return std::make_unique<VpcLog>(seed); }

}  // namespace collector::bench
