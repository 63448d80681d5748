// CloudFront's standard logs: two lines of "#", then 33 fields a line, separated by tabs.
#include <array>
#include <vector>

#include <fmt/format.h>

#include "s3/corpus.h"

namespace collector::bench {
namespace {

constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::string_view, 12> kAgents = {
    "Mozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64)%20AppleWebKit/537.36%20(KHTML,%20like%20"
    "Gecko)%20Chrome/142.0.0.0%20Safari/537.36",
    "Mozilla/5.0%20(iPhone;%20CPU%20iPhone%20OS%2018_6%20like%20Mac%20OS%20X)%20AppleWebKit/605.1"
    ".15%20(KHTML,%20like%20Gecko)%20Version/18.6%20Mobile/15E148%20Safari/604.1",
    "Mozilla/5.0%20(Macintosh;%20Intel%20Mac%20OS%20X%2010_15_7)%20AppleWebKit/605.1.15%20(KHTML,"
    "%20like%20Gecko)%20Version/18.5%20Safari/605.1.15",
    "Mozilla/5.0%20(X11;%20Linux%20x86_64;%20rv:140.0)%20Gecko/20100101%20Firefox/140.0",
    "Mozilla/5.0%20(Linux;%20Android%2010;%20K)%20AppleWebKit/537.36%20(KHTML,%20like%20Gecko)%20"
    "Chrome/142.0.0.0%20Mobile%20Safari/537.36",
    "Mozilla/5.0%20(compatible;%20Googlebot/2.1;%20+http://www.google.com/bot.html)",
    "curl/8.5.0",
    "Mozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64;%20rv:143.0)%20Gecko/20100101%20"
    "Firefox/143.0",
    "okhttp/4.12.0",
    "python-requests/2.32.3",
    "Mozilla/5.0%20(iPad;%20CPU%20OS%2018_6%20like%20Mac%20OS%20X)%20AppleWebKit/605.1.15%20(KHTML"
    ",%20like%20Gecko)%20Version/18.6%20Mobile/15E148%20Safari/604.1",
    "Amazon-Route53-Health-Check-Service%20(ref%20d1f0a3f6-1c5e-4a52)",
};
constexpr std::array<std::string_view, 10> kEdges = {
    "FRA56-P4", "IAD89-C1", "MAD51-C3", "LHR61-P2", "CDG50-C2",
    "SFO5-P1",  "NRT57-P3", "GRU3-C1",  "DFW56-P1", "AMS1-C1",
};
constexpr std::array<std::string_view, 8> kFolders = {
    "/assets/js/", "/assets/css/", "/images/products/", "/api/v2/items/",
    "/fonts/",     "/video/hls/",  "/downloads/",       "/",
};
constexpr std::array<std::string_view, 6> kTypes = {
    "application/javascript", "text/css",   "image/webp",
    "application/json",       "font/woff2", "text/html;%20charset=utf-8",
};

class CloudFrontLog : public LogKind {
 public:
  explicit CloudFrontLog(uint64_t seed) {
    Random random(seed);
    for (int i = 0; i < 8000; ++i) {
      clients_.push_back(fmt::format("{}.{}.{}.{}", random.Between(11, 223), random.Below(256),
                                     random.Below(256), random.Between(1, 254)));
    }
    for (int i = 0; i < 1500; ++i) {
      paths_.push_back(
          fmt::format("{}{}-{}.{}", kFolders[random.Below(kFolders.size())],
                      random.Text("abcdefghijklmnoprstuvw", random.Between(4, 12)), random.Hex(8),
                      random.Percent(50) ? "js" : (random.Percent(50) ? "webp" : "css")));
    }
  }

  std::string Start() const override {
    return "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) "
           "cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) "
           "x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken "
           "x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type "
           "cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte "
           "x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start "
           "sc-range-end\n";
  }

  void Append(Random& random, std::string& out) override {
    // Not in the order of time: a line may be some minutes older than the one before.
    if (random.Percent(4)) second_ += 1;
    const uint64_t second = second_ + random.Below(90);
    const bool hit = random.Percent(80);
    const std::string_view result = hit ? "Hit" : (random.Percent(80) ? "Miss" : "RefreshHit");
    const std::string& client = clients_[random.Skewed(clients_.size())];
    const uint64_t size = 200 + random.Skewed(400'000);
    const std::string query =
        random.Percent(50)
            ? fmt::format("v={}&session={}", random.Between(100, 999), random.Hex(12))
            : "-";
    const std::string referer =
        random.Percent(24)
            ? fmt::format("https://www.example.com{}", paths_[random.Skewed(paths_.size())])
            : "-";
    const uint64_t taken = 1 + random.Skewed(400);
    auto to = std::back_inserter(out);
    fmt::format_to(to,
                   "2025-11-20\t{:02}:{:02}:{:02}\t{}\t{}\t{}\t{}\tdexample1cdn01.cloudfront.net\t"
                   "{}\t{}\t{}\t{}\t{}\t-\t{}\t{}==\tcdn.example.com\thttps\t{}\t0.{:03}\t-\t",
                   12 + second / 3600 % 12, second / 60 % 60, second % 60,
                   kEdges[random.Skewed(kEdges.size())], size, client,
                   random.Percent(95) ? "GET" : "POST", paths_[random.Skewed(paths_.size())],
                   random.Percent(93) ? 200 : 304, referer, kAgents[random.Skewed(kAgents.size())],
                   query, result, random.Text(kBase64Url, 54), random.Between(180, 950), taken);
    fmt::format_to(to,
                   "TLSv1.3\tTLS_AES_128_GCM_SHA256\t{}\tHTTP/2.0\t-\t-\t{}\t0.{:03}\t{}\t{}\t{}\t"
                   "-\t-",
                   result, random.Between(1024, 65'535), random.Below(taken) + 1, result,
                   kTypes[random.Below(kTypes.size())], size - random.Below(200));
  }

 private:
  std::vector<std::string> clients_;
  std::vector<std::string> paths_;
  uint64_t second_ = 0;
};

}  // namespace

std::unique_ptr<LogKind> MakeCloudFrontLog(uint64_t seed) {
  return std::make_unique<CloudFrontLog>(seed);
}

}  // namespace collector::bench
