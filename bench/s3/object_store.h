// ObjectStore: the objects of a bucket per corpus, with as many keys as a run needs over the few
// files that the corpus has. Filled and read by the load server's thread; the bytes of a file are
// mapped and stay where they are as long as the store lives.
#ifndef COLLECTOR_BENCH_S3_OBJECT_STORE_H_
#define COLLECTOR_BENCH_S3_OBJECT_STORE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "s3/http_text.h"
#include "s3/message_sum.h"

namespace collector::bench {

struct StoredFile {
  std::string_view packed;
  size_t unpacked_bytes = 0;
  MessageSum messages;
  std::string etag;  // with its quotes
};

struct StoredObject {
  std::string bucket;
  std::string key;
  const StoredFile* file = nullptr;
};

class ObjectStore {
 public:
  ObjectStore() = default;
  ~ObjectStore();
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;

  // Loads the corpora that s3_corpus has written into folders below `folder`.
  Status Load(const std::filesystem::path& folder);
  // A corpus of these files alone; for tests.
  void Add(const std::string& corpus, std::string_view packed, size_t unpacked_bytes,
           const MessageSum& messages);

  // A new object of a corpus, each with another key and the next of its files. nullptr: there is no
  // such corpus. Good until Clear().
  const StoredObject* NewObject(const std::string& corpus);
  // Forgets the objects, keeps the files; keys start again from the first.
  void Clear();

  // A GET or HEAD of "/bucket/key", with Range and If-Match.
  HttpAnswer Get(const HttpRequest& request) const;

 private:
  struct Corpus {
    std::vector<std::unique_ptr<StoredFile>> files;
    size_t objects = 0;
  };

  Status LoadCorpus(const std::filesystem::path& folder);
  Result<std::string_view> Map(const std::filesystem::path& path);

  std::unordered_map<std::string, Corpus> corpora_;
  std::unordered_map<std::string, std::unique_ptr<StoredObject>> objects_;  // by "bucket/key"
  std::vector<std::string_view> mapped_;
};

}  // namespace collector::bench

#endif  // COLLECTOR_BENCH_S3_OBJECT_STORE_H_
