// What each kind of output can be told, with the defaults of the product. Filled by the
// configuration loader; plain values.
#ifndef COLLECTOR_OUTPUTS_SETTINGS_H_
#define COLLECTOR_OUTPUTS_SETTINGS_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/secret.h"

namespace collector {

// How TLS delivery is known (docs/delivery.md).
enum class DeliveryReceipt {
  kAuto,  // TLS 1.3 key updates where the peer answers them, else TCP acknowledgements
  kTls,   // only TLS 1.3 key updates: nothing counts as delivered without
  kTcp,   // TCP acknowledgements
};

// More than this no machine can make use of.
inline constexpr int kMostConnections = 64;

// `devo_platform`: syslog frames over mutual TLS.
struct DevoSettings {
  std::string address;
  uint16_t port = 443;
  std::filesystem::path chain;  // PEM: the CA that signed the server's certificate
  std::filesystem::path cert;   // PEM: the client certificate
  std::filesystem::path key;    // PEM: its key
  Secret key_passphrase;
  bool verify_host_name = true;
  int sec_level = -1;  // OpenSSL's security level 0..5; -1 leaves the library's default (2)
  DeliveryReceipt delivery_receipt = DeliveryReceipt::kAuto;

  Milliseconds connect_timeout{10'000};
  Milliseconds longest_reconnect_wait{60'000};
  // Records are on their way and nothing was written, acknowledged or confirmed for this long:
  // reconnect. It doubles, up to twentyfold, while nothing gets delivered.
  Milliseconds send_timeout{30'000};
  Milliseconds reconnect_after_idle{30'000};
  // kAuto: an endpoint that never gave a receipt is taken for one that cannot when it gives none
  // this long after TCP acknowledged the request.
  Milliseconds receipt_patience{10'000};
  Milliseconds close_timeout{30'000};  // how long to wait for the peer's end of stream

  std::string host_name;                   // HOST of the frame; empty: this machine's
  size_t window_bytes = size_t{64} << 20;  // taken and not yet settled
  size_t window_records = 10'000'000;
  // Connections side by side: one takes as much as one core can encrypt.
  size_t connections = 1;
  size_t write_bytes = 64 << 10;      // coalesced into one TLS write
  size_t max_record_bytes = 1 << 20;  // a longer message is cut there and counted (D-9)

  // gzip members instead of plain frames when the window is filled above this share of its bound:
  // below 0 always, above 1 never.
  double gzip_threshold = 1.1;
  int gzip_level = 6;
  size_t gzip_buffer_bytes = 51'200;

  bool operator==(const DevoSettings&) const = default;
};

enum class TextFormat {
  kJson,   // {"time":..., "tag":..., "message":...}, one object a line
  kPlain,  // the message alone, one a line
};

// `console` and `stdout`.
struct ConsoleSettings {
  TextFormat format = TextFormat::kJson;

  bool operator==(const ConsoleSettings&) const = default;
};

struct FileSettings {
  std::filesystem::path path;
  TextFormat format = TextFormat::kJson;
  size_t rotate_bytes = size_t{100} << 20;      // 0: never by size
  Milliseconds rotate_interval{24 * 3600'000};  // 0: never by time
  size_t keep_files = 0;                        // rotated files kept; 0: all

  bool operator==(const FileSettings&) const = default;
};

struct OutputSettings {
  std::string name;
  std::variant<DevoSettings, ConsoleSettings, FileSettings> kind;

  bool operator==(const OutputSettings&) const = default;
};

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_SETTINGS_H_
