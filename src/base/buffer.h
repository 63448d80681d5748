// Buffer: bytes that grow at their end and are not zeroed before they are written: what a decoder
// unpacks into. Owned by one thread at a time; movable.
#ifndef COLLECTOR_BASE_BUFFER_H_
#define COLLECTOR_BASE_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace collector {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t capacity) { Reserve(capacity); }
  Buffer(Buffer&& other) noexcept
      : bytes_(std::move(other.bytes_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  std::string_view view() const { return {bytes_.get(), size_}; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }

  // Where the next bytes go, how many fit, and that `count` of them were written.
  char* end() { return bytes_.get() + size_; }
  size_t room() const { return capacity_ - size_; }
  void Grow(size_t count) { size_ += count; }

  void Reserve(size_t capacity) {
    if (capacity <= capacity_) return;
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }

  // Drops the first `count` bytes; the rest moves to the front.
  void Discard(size_t count) {
    size_ -= count;
    if (size_ > 0) std::memmove(bytes_.get(), bytes_.get() + count, size_);
  }

  void Append(std::string_view text) {
    if (text.size() > room()) Reserve(std::max(size_ + text.size(), capacity_ * 2));
    if (!text.empty()) std::memcpy(end(), text.data(), text.size());
    size_ += text.size();
  }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace collector

#endif  // COLLECTOR_BASE_BUFFER_H_
