#include <algorithm>
#include <cstring>

#include <openssl/sha.h>

#include "collect/position_store.h"

namespace collector {
namespace {

// The value of a hexadecimal digit as UUIDs are written, or -1. Upper case is left to the hash: two
// texts that differ are two ids.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool ParseUuid(std::string_view text, std::array<uint8_t, 16>& bytes) {
  if (text.size() != 36) return false;
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return false;
      continue;
    }
    const int value = HexDigit(text[i]);
    if (value < 0) return false;
    uint8_t& byte = bytes[digits / 2];
    byte = static_cast<uint8_t>(digits % 2 == 0 ? value << 4 : byte | value);
    ++digits;
  }
  return true;
}

}  // namespace

RecordId RecordId::From(std::string_view text) {
  RecordId id;
  if (ParseUuid(text, id.bytes)) return id;
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest.data());
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

size_t RecordIdHash::operator()(const RecordId& id) const {
  // Ids are random or hashed already; half of the bytes is as good as any mix of all.
  size_t hash;
  std::memcpy(&hash, id.bytes.data(), sizeof hash);
  return hash;
}

}  // namespace collector
