#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/mutex.h"
#include "collect/position_store.h"

namespace collector {
namespace {

// Written into the file's header, so that a database of another program is not taken for ours.
constexpr int kApplicationId = 0x61776363;  // "awcc"
constexpr int kSchemaVersion = 1;

constexpr char kSchema[] = R"(
  CREATE TABLE IF NOT EXISTS positions (
    key TEXT PRIMARY KEY,
    position TEXT NOT NULL,
    stored_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ'))
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS seen (
    key TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (key, time_ms, id)
  ) WITHOUT ROWID;
)";

// What a person can do about a SQLite error.
std::string_view Remedy(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another aws-collector uses this state folder; stop it, or give this one its own "
             "globals.persistence.config.directory_name";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return "the file is damaged or not a state file; restore it from a backup, or move it away "
             "to begin anew (from each service's start_time)";
    case SQLITE_FULL:
      return "the disk is full; free some space";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return "let the collector's user write to the folder and its files";
    case SQLITE_IOERR:
      return "the disk failed, is full or is not writable; look at it with df and dmesg";
    default:
      return "check the disk and the rights on the folder";
  }
}

class Statement {
 public:
  Statement(sqlite3* db, const char* sql) {
    code_ = sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // SQLITE_STATIC: what is bound outlives the step that reads it.
  void BindText(int at, std::string_view text) {
    Keep(sqlite3_bind_text(statement_, at, text.data(), static_cast<int>(text.size()),
                           SQLITE_STATIC));
  }
  void BindId(int at, const RecordId& id) {
    Keep(sqlite3_bind_blob(statement_, at, id.bytes.data(), static_cast<int>(id.bytes.size()),
                           SQLITE_STATIC));
  }
  void BindTime(int at, Timestamp time) {
    Keep(sqlite3_bind_int64(statement_, at, time.time_since_epoch().count()));
  }
  // SQLITE_ROW, SQLITE_DONE, or the first error of this statement.
  int Step() {
    if (code_ != SQLITE_OK) return code_;
    return sqlite3_step(statement_);
  }
  int Run() {
    const int code = Step();
    if (code_ == SQLITE_OK) sqlite3_reset(statement_);
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
  }
  sqlite3_stmt* get() { return statement_; }

 private:
  void Keep(int code) {
    if (code_ == SQLITE_OK) code_ = code;
  }
  sqlite3_stmt* statement_ = nullptr;
  int code_ = SQLITE_OK;
};

class SqlitePositionStore : public PositionStore {
 public:
  SqlitePositionStore(sqlite3* db, std::filesystem::path path) : path_(std::move(path)), db_(db) {}
  ~SqlitePositionStore() override { sqlite3_close(db_); }

  Status Open() {
    MutexLock lock(mutex_);
    // EXCLUSIVE: the first write keeps the lock until we end, which is what refuses a second
    // collector; it also spares WAL its shared memory file.
    if (Status s = Execute("PRAGMA locking_mode=EXCLUSIVE"); !s) return s;
    if (Status s = Execute("PRAGMA journal_mode=WAL"); !s) return s;
    if (Status s = Execute("PRAGMA synchronous=NORMAL"); !s) return s;
    if (Status s = CheckOwnership(); !s) return s;
    if (Status s = Execute("BEGIN IMMEDIATE"); !s) return s;
    if (Status s = Execute(kSchema); !s) return s;
    const std::string mark = fmt::format("PRAGMA application_id={};PRAGMA user_version={}",
                                         kApplicationId, kSchemaVersion);
    if (Status s = Execute(mark.c_str()); !s) return s;
    return Execute("COMMIT");
  }

  Result<StoredPosition> Load(const std::string& key) override {
    MutexLock lock(mutex_);
    StoredPosition stored;
    Statement position(db_, "SELECT position FROM positions WHERE key = ?");
    position.BindText(1, key);
    int code = position.Step();
    if (code == SQLITE_ROW) stored.position = Text(position.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE) return Failed("could not read positions", code);
    Statement seen(db_, "SELECT id, time_ms FROM seen WHERE key = ?");
    seen.BindText(1, key);
    while ((code = seen.Step()) == SQLITE_ROW) {
      SeenRecord record{{}, Timestamp(Milliseconds(sqlite3_column_int64(seen.get(), 1)))};
      const auto* bytes = static_cast<const uint8_t*>(sqlite3_column_blob(seen.get(), 0));
      if (sqlite3_column_bytes(seen.get(), 0) != static_cast<int>(record.id.bytes.size())) {
        return Failed("could not read positions", SQLITE_CORRUPT);
      }
      std::copy_n(bytes, record.id.bytes.size(), record.id.bytes.begin());
      stored.seen.push_back(record);
    }
    if (code != SQLITE_DONE) return Failed("could not read positions", code);
    return stored;
  }

  Status Commit(const std::string& key, const PositionChange& change) override {
    MutexLock lock(mutex_);
    return InOneTransaction([&]() REQUIRES(mutex_) { return Write(key, change); });
  }

  Status Remove(const std::string& key) override {
    MutexLock lock(mutex_);
    return InOneTransaction([&]() REQUIRES(mutex_) {
      int code = SQLITE_OK;
      for (const char* sql :
           {"DELETE FROM positions WHERE key = ?", "DELETE FROM seen WHERE key = ?"}) {
        Statement remove(db_, sql);
        remove.BindText(1, key);
        if (code == SQLITE_OK) code = remove.Run();
      }
      return code;
    });
  }

 private:
  template <typename Change>
  Status InOneTransaction(Change change) REQUIRES(mutex_) {
    int code = sqlite3_exec(db_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) code = change();
    if (code == SQLITE_OK) code = sqlite3_exec(db_, "COMMIT", nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return {};
    auto failed = Failed("could not store a position", code);
    sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
    return failed;
  }

  int Write(const std::string& key, const PositionChange& change) REQUIRES(mutex_) {
    int code = SQLITE_OK;
    if (change.position) {
      Statement write(db_,
                      "INSERT INTO positions (key, position) VALUES (?1, ?2) ON CONFLICT (key) "
                      "DO UPDATE SET position = ?2, stored_at = excluded.stored_at");
      write.BindText(1, key);
      write.BindText(2, *change.position);
      code = write.Run();
    }
    Statement forget(db_, "DELETE FROM seen WHERE key = ? AND time_ms >= ? AND time_ms < ?");
    forget.BindText(1, key);
    for (size_t i = 0; code == SQLITE_OK && i < change.forget.size(); ++i) {
      forget.BindTime(2, change.forget[i].from);
      forget.BindTime(3, change.forget[i].to);
      code = forget.Run();
    }
    Statement remember(db_, "INSERT OR IGNORE INTO seen (key, time_ms, id) VALUES (?, ?, ?)");
    remember.BindText(1, key);
    for (size_t i = 0; code == SQLITE_OK && i < change.seen.size(); ++i) {
      remember.BindTime(2, change.seen[i].time);
      remember.BindId(3, change.seen[i].id);
      code = remember.Run();
    }
    return code;
  }

  // Refuses a SQLite file that another program, or a later version of this one, has written.
  Status CheckOwnership() REQUIRES(mutex_) {
    const int id = ReadPragma("PRAGMA application_id");
    const int version = ReadPragma("PRAGMA user_version");
    if (id == kApplicationId && version <= kSchemaVersion) return {};
    if (id == kApplicationId) {
      return Fail(ErrorKind::kRejected,
                  fmt::format("{}: written by a newer aws-collector (state version {}, this one "
                              "knows {}); use that version, or move the file away to begin anew",
                              path_.string(), version, kSchemaVersion));
    }
    if (id == 0 && version == 0 && ReadPragma("SELECT count(*) FROM sqlite_master") == 0) return {};
    return Fail(ErrorKind::kRejected,
                fmt::format("{}: a database of another program; move it away, or give the "
                            "collector its own globals.persistence.config.directory_name",
                            path_.string()));
  }

  int ReadPragma(const char* sql) REQUIRES(mutex_) {
    Statement statement(db_, sql);
    return statement.Step() == SQLITE_ROW ? sqlite3_column_int(statement.get(), 0) : -1;
  }

  Status Execute(const char* sql) REQUIRES(mutex_) {
    const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return Failed("could not open the state file", code);
    return {};
  }

  static std::string Text(sqlite3_stmt* row) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, 0));
    return std::string(text, static_cast<size_t>(sqlite3_column_bytes(row, 0)));
  }

  tl::unexpected<Error> Failed(std::string_view what, int code) REQUIRES(mutex_) {
    return Fail(
        ErrorKind::kRejected,
        fmt::format("{}: {} ({}): {}", path_.string(), what, sqlite3_errmsg(db_), Remedy(code)),
        sqlite3_errstr(code));
  }

  const std::filesystem::path path_;
  Mutex mutex_;
  sqlite3* const db_;
};

}  // namespace

Result<std::unique_ptr<PositionStore>> OpenSqlitePositionStore(
    const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return Fail(ErrorKind::kRejected,
                fmt::format("{}: the state folder cannot be made: {}; make it, and let the "
                            "collector's user write to it",
                            directory.string(), error.message()));
  }
  const std::filesystem::path path = directory / "positions.db";
  sqlite3* db = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  if (code != SQLITE_OK) {
    const std::string why = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    sqlite3_close(db);
    return Fail(ErrorKind::kRejected, fmt::format("{}: could not open the state file ({}): {}",
                                                  path.string(), why, Remedy(code)));
  }
  auto store = std::make_unique<SqlitePositionStore>(db, path);
  if (Status opened = store->Open(); !opened) return Propagate(opened);
  return store;
}

}  // namespace collector
