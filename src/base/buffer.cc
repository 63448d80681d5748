#include "base/buffer.h"

#include <new>
#include <vector>

#include <sys/mman.h>

#include "base/mutex.h"

namespace collector {
namespace {

// The blocks that nobody uses, a few of them: what is beyond is the system's again at once.
class FreeBlocks {
 public:
  char* Take() {
    {
      MutexLock lock(mutex_);
      if (!blocks_.empty()) {
        char* const block = blocks_.back();
        blocks_.pop_back();
        return block;
      }
    }
    void* const block = ::mmap(nullptr, Buffer::kPooled, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) throw std::bad_alloc();
    return static_cast<char*>(block);
  }

  void Put(char* block) {
    {
      MutexLock lock(mutex_);
      if (blocks_.size() < kMostKept) {
        blocks_.push_back(block);
        return;
      }
    }
    ::munmap(block, Buffer::kPooled);
  }

 private:
  static constexpr size_t kMostKept = 16;

  Mutex mutex_;
  std::vector<char*> blocks_ GUARDED_BY(mutex_);
};

FreeBlocks& Pool() {
  static auto* const kPool = new FreeBlocks;  // outlives every buffer
  return *kPool;
}

// AddressSanitizer has to see who uses a block that was given back.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kHasPool = false;
#elif defined(__has_feature)
constexpr bool kHasPool = !__has_feature(address_sanitizer);
#else
constexpr bool kHasPool = true;
#endif

}  // namespace

char* Buffer::Allocate(size_t capacity) {
  if (kHasPool && capacity == kPooled) return Pool().Take();
  return new char[capacity];
}

void Buffer::Free(char* bytes, size_t capacity) {
  if (kHasPool && capacity == kPooled) {
    Pool().Put(bytes);
  } else {
    delete[] bytes;
  }
}

}  // namespace collector
