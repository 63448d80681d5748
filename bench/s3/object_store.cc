#include "s3/object_store.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "s3/corpus.h"

namespace collector::bench {
namespace {

// The day on which AWS will have written all of it.
constexpr std::string_view kLastModified = "Fri, 20 Nov 2026 12:05:00 GMT";

HttpAnswer S3Error(int status, std::string_view code, std::string_view message) {
  const std::string body = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>"
      "<RequestId>4442587FB7D0A2F9</RequestId></Error>",
      code, message);
  return MakeAnswer(status, "application/xml", body);
}

std::string Etag(std::string_view content) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(content.data(), content.size(), digest, &size, EVP_md5(), nullptr);
  std::string etag = "\"";
  for (unsigned int i = 0; i < size; ++i) etag += fmt::format("{:02x}", digest[i]);
  return etag += '"';
}

}  // namespace

ObjectStore::~ObjectStore() {
  for (const std::string_view bytes : mapped_) {
    ::munmap(const_cast<char*>(bytes.data()), bytes.size());
  }
}

Status ObjectStore::Load(const std::filesystem::path& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (!std::filesystem::exists(entry.path() / kManifestName)) continue;
    if (const Status loaded = LoadCorpus(entry.path()); !loaded) return loaded;
  }
  if (corpora_.empty()) {
    return Fail(ErrorKind::kNotFound, "No corpus in " + folder.string() + "; run s3_corpus first");
  }
  return {};
}

Status ObjectStore::LoadCorpus(const std::filesystem::path& folder) {
  const Result<std::string> text = ReadFile(folder / kManifestName);
  if (!text) return Propagate(text);
  const auto manifest = nlohmann::json::parse(*text, nullptr, false);
  if (manifest.is_discarded() || !manifest.contains("files")) {
    return Fail(ErrorKind::kRejected, (folder / kManifestName).string() + " is not a manifest");
  }
  for (const auto& file : manifest["files"]) {
    const Result<std::string_view> packed = Map(folder / file["name"].get<std::string>());
    if (!packed) return Propagate(packed);
    const MessageSum messages{file["messages"], file["message_bytes"], file["sum"]};
    Add(folder.filename().string(), *packed, file["unpacked"], messages);
  }
  return {};
}

void ObjectStore::Add(const std::string& corpus, std::string_view packed, size_t unpacked_bytes,
                      const MessageSum& messages) {
  corpora_[corpus].files.push_back(
      std::make_unique<StoredFile>(StoredFile{packed, unpacked_bytes, messages, Etag(packed)}));
}

Result<std::string_view> ObjectStore::Map(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Fail(ErrorKind::kNotFound, path.string() + ": " + ErrnoText(errno));
  struct stat status {};
  ::fstat(fd, &status);
  const auto size = static_cast<size_t>(status.st_size);
  void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  const int error = errno;
  ::close(fd);
  if (bytes == MAP_FAILED) {
    return Fail(ErrorKind::kRejected, path.string() + ": " + ErrnoText(error));
  }
  mapped_.emplace_back(static_cast<const char*>(bytes), size);
  return mapped_.back();
}

const StoredObject* ObjectStore::NewObject(const std::string& corpus) {
  const auto found = corpora_.find(corpus);
  if (found == corpora_.end()) return nullptr;
  const size_t number = found->second.objects++;
  const auto& files = found->second.files;
  auto object = std::make_unique<StoredObject>();
  object->bucket = "logs-" + corpus;
  object->key = ObjectKey(corpus, number);
  object->file = files[number % files.size()].get();
  const StoredObject* made = object.get();
  objects_[object->bucket + "/" + object->key] = std::move(object);
  return made;
}

void ObjectStore::Clear() {
  objects_.clear();
  for (auto& [name, corpus] : corpora_) corpus.objects = 0;
}

HttpAnswer ObjectStore::Get(const HttpRequest& request) const {
  const auto found = objects_.find(PercentDecoded(request.path.substr(1)));
  if (found == objects_.end()) {
    return S3Error(404, "NoSuchKey", "The specified key does not exist.");
  }
  const StoredFile& file = *found->second->file;
  if (!request.if_match.empty() && request.if_match != "*" && request.if_match != file.etag &&
      request.if_match != file.etag.substr(1, file.etag.size() - 2)) {
    return S3Error(412, "PreconditionFailed",
                   "At least one of the pre-conditions you specified did not hold");
  }
  ByteRange range{0, file.packed.size()};
  const RangeOutcome outcome = ReadRange(request.range, file.packed.size(), range);
  if (outcome == RangeOutcome::kUnsatisfiable) {
    return S3Error(416, "InvalidRange", "The requested range is not satisfiable");
  }
  std::string headers = fmt::format(
      "ETag: {}\r\nLast-Modified: {}\r\nAccept-Ranges: bytes\r\nContent-Type: application/x-gzip"
      "\r\nServer: AmazonS3\r\nx-amz-request-id: 4442587FB7D0A2F9\r\n",
      file.etag, kLastModified);
  if (outcome == RangeOutcome::kPart) {
    headers += fmt::format("Content-Range: bytes {}-{}/{}\r\n", range.first,
                           range.first + range.size - 1, file.packed.size());
  }
  HttpAnswer answer = MakeObjectAnswer(outcome == RangeOutcome::kPart ? 206 : 200, headers,
                                       file.packed.substr(range.first, range.size));
  if (request.method == "HEAD") answer.object = {};
  return answer;
}

}  // namespace collector::bench
