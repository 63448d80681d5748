// Buffer: bytes that grow at their end and are not zeroed before they are written: what a decoder
// unpacks into. Owned by one thread at a time; movable.
#ifndef COLLECTOR_BASE_BUFFER_H_
#define COLLECTOR_BASE_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

namespace collector {

class Buffer {
 public:
  // Buffers of just this capacity, of which some hundred come and go each second between threads,
  // have their memory from a pool beside the heap, which they would leave full of holes.
  static constexpr size_t kPooled = size_t{256} << 10;

  Buffer() = default;
  explicit Buffer(size_t capacity) { Reserve(capacity); }
  ~Buffer() { Free(bytes_, capacity_); }
  Buffer(Buffer&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    if (this == &other) return *this;
    Free(bytes_, capacity_);
    bytes_ = std::exchange(other.bytes_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  std::string_view view() const { return {bytes_, size_}; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }

  // Where the next bytes go, how many fit, and that `count` of them were written.
  char* end() { return bytes_ + size_; }
  size_t room() const { return capacity_ - size_; }
  void Grow(size_t count) { size_ += count; }

  void Reserve(size_t capacity) {
    if (capacity <= capacity_) return;
    char* const larger = Allocate(capacity);
    if (size_ > 0) std::memcpy(larger, bytes_, size_);
    Free(bytes_, capacity_);
    bytes_ = larger;
    capacity_ = capacity;
  }

  // Drops the first `count` bytes; the rest moves to the front.
  void Discard(size_t count) {
    size_ -= count;
    if (size_ > 0) std::memmove(bytes_, bytes_ + count, size_);
  }

  void Append(std::string_view text) {
    if (text.size() > room()) Reserve(std::max(size_ + text.size(), capacity_ * 2));
    if (!text.empty()) std::memcpy(end(), text.data(), text.size());
    size_ += text.size();
  }

 private:
  static char* Allocate(size_t capacity);
  static void Free(char* bytes, size_t capacity);

  char* bytes_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace collector

#endif  // COLLECTOR_BASE_BUFFER_H_
