// PositionStore: what survives a restart: for each source a position (a text only the source reads)
// and the ids of records that were delivered but may be met again. A stored position may lag what
// is delivered; it never leads it (D-3). main() owns the store, sources borrow it. Any thread.
#ifndef COLLECTOR_COLLECT_POSITION_STORE_H_
#define COLLECTOR_COLLECT_POSITION_STORE_H_

#include <array>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace collector {

// An id of a record in 16 bytes: a UUID exactly, anything else by the first 128 bits of its
// SHA-256.
struct RecordId {
  std::array<uint8_t, 16> bytes{};
  static RecordId From(std::string_view text);
  auto operator<=>(const RecordId&) const = default;
};

struct RecordIdHash {
  size_t operator()(const RecordId& id) const;
};

struct SeenRecord {
  RecordId id;
  Timestamp time;
  bool operator==(const SeenRecord&) const = default;
};

// [from, to)
struct TimeRange {
  Timestamp from;
  Timestamp to;
  bool operator==(const TimeRange&) const = default;
};

// What a source knew when it last committed.
struct StoredPosition {
  std::optional<std::string> position;
  std::vector<SeenRecord> seen;
};

// One atomic change: all of it survives, or nothing.
struct PositionChange {
  std::optional<std::string> position;  // none: as it was
  std::vector<TimeRange> forget;        // drops the ids of records with a time inside; done first
  std::vector<SeenRecord> seen;         // ids to remember
};

class PositionStore {
 public:
  virtual ~PositionStore() = default;

  // `key` names the data, not the configuration: "account/region/kind/filter". Renaming a service
  // or an output keeps the key, so nothing is imported again (D-7). A key never stored gives an
  // empty StoredPosition.
  virtual Result<StoredPosition> Load(const std::string& key) = 0;

  // An error means that nothing of the change was stored; it may be tried again.
  virtual Status Commit(const std::string& key, const PositionChange& change) = 0;

  // As if the key had never been stored; an error means that it still is.
  virtual Status Remove(const std::string& key) = 0;
};

// Forgets everything when the program ends (`persistence: memory`); also what tests use.
std::unique_ptr<PositionStore> NewMemoryPositionStore();

// SQLite in `directory`/positions.db, which is made when missing. WAL with synchronous=NORMAL: a
// machine that loses power may lose the last commits, which costs duplicates only. The file is
// locked for this process: a second collector on the same folder is refused (D-6). Errors name the
// file and the remedy.
Result<std::unique_ptr<PositionStore>> OpenSqlitePositionStore(
    const std::filesystem::path& directory);

}  // namespace collector

#endif  // COLLECTOR_COLLECT_POSITION_STORE_H_
