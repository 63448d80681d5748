#include "s3/roofline_parts.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <unistd.h>

namespace collector::bench {
namespace {

constexpr size_t kChunk = 128 << 10;  // unpacked at once: stays in the second cache
constexpr size_t kPadding = 64;       // read behind the end, by simdjson and by fixed copies

void WriteTwo(char* out, int64_t value) {
  out[0] = static_cast<char>('0' + value / 10);
  out[1] = static_cast<char>('0' + value % 10);
}

// Howard Hinnant's civil_from_days.
void WriteDay(char* out, int64_t days) {
  const int64_t z = days + 719'468;
  const int64_t era = z / 146'097;
  const int64_t of_era = z % 146'097;
  const int64_t year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const int64_t month = (5 * of_year + 2) / 153;
  const int64_t civil_month = month < 10 ? month + 3 : month - 9;
  const int64_t civil_year = year + era * 400 + (civil_month <= 2 ? 1 : 0);
  WriteTwo(out, civil_year / 100);
  WriteTwo(out + 2, civil_year % 100);
  WriteTwo(out + 5, civil_month);
  WriteTwo(out + 8, of_year - (153 * month + 2) / 5 + 1);
}

}  // namespace

void Die(const std::string& why) {
  std::fputs((why + "\n").c_str(), stderr);
  std::exit(1);
}

Inflater::Inflater(bool with_zlib) : with_zlib_(with_zlib) {
  if (with_zlib && inflateInit2(&zlib_, 15 + 16) != Z_OK) Die("zlib does not start");
}

Inflater::~Inflater() {
  if (with_zlib_) inflateEnd(&zlib_);
}

void Inflater::Start() {
  done_ = false;
  if (with_zlib_) {
    inflateReset(&zlib_);
  } else {
    isal_inflate_init(&isal_);
    isal_.crc_flag = ISAL_GZIP;
  }
}

void Inflater::Give(std::string_view packed) {
  auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(packed.data()));
  const auto size = static_cast<unsigned>(packed.size());
  if (with_zlib_) {
    zlib_.next_in = data;
    zlib_.avail_in = size;
  } else {
    isal_.next_in = data;
    isal_.avail_in = size;
  }
}

size_t Inflater::Take(char* out, size_t most) {
  if (with_zlib_) {
    zlib_.next_out = reinterpret_cast<Bytef*>(out);
    zlib_.avail_out = static_cast<uInt>(most);
    const int result = inflate(&zlib_, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) Die("not gzip");
    done_ = result == Z_STREAM_END;
    return most - zlib_.avail_out;
  }
  isal_.next_out = reinterpret_cast<uint8_t*>(out);
  isal_.avail_out = static_cast<uint32_t>(most);
  if (isal_inflate(&isal_) != ISAL_DECOMP_OK) Die("not gzip");
  done_ = isal_.block_state == ISAL_BLOCK_FINISH;
  return most - isal_.avail_out;
}

Sink::Sink(const Options& options) : options_(options) {
  if (options.kind == Kind::kNone) return;
  context_ = SSL_CTX_new(TLS_client_method());
  if (SSL_CTX_use_certificate_chain_file(context_, options.cert.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context_, options.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_load_verify_locations(context_, options.chain.c_str(), nullptr) != 1) {
    Die("The certificates cannot be read");
  }
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(options.port));
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    Die("The TLS reader cannot be reached");
  }
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, fd_);
  if (SSL_connect(ssl_) != 1) Die("No TLS with the reader");
  if (options.kind == Kind::kMemory) {
    SSL_set0_wbio(ssl_, BIO_new(BIO_s_null()));
  } else if (options.one_write) {
    out_ = BIO_new(BIO_s_mem());
    SSL_set0_wbio(ssl_, out_);
  }
}

Sink::~Sink() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  if (fd_ >= 0) ::close(fd_);
}

void Sink::Write(std::string_view block) {
  if (ssl_ == nullptr) return;
  if (SSL_write(ssl_, block.data(), static_cast<int>(block.size())) <= 0) Die("TLS has ended");
  if (out_ == nullptr) return;
  char* data = nullptr;
  auto left = static_cast<size_t>(BIO_get_mem_data(out_, &data));
  while (left > 0) {
    const ssize_t sent = ::send(fd_, data, left, MSG_NOSIGNAL);
    if (sent <= 0) Die("The TLS reader has hung up");
    data += sent;
    left -= static_cast<size_t>(sent);
  }
  (void)BIO_reset(out_);
}

void Sink::End() {
  if (options_.kind != Kind::kSocket) return;
  SSL_shutdown(ssl_);
  if (out_ != nullptr) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(out_, &data);
    if (::send(fd_, data, static_cast<size_t>(size), MSG_NOSIGNAL) != size) Die("Not ended");
  }
  char byte = 0;
  if (SSL_read(ssl_, &byte, 1) > 0) Die("The TLS reader speaks");
}

Framer::Framer(Sink& sink, std::string_view tag)
    : sink_(sink), block_(std::make_unique<char[]>(capacity_)) {
  const std::string prefix = "<14>2025-11-20 12:00:00.000 bench " + std::string(tag) + ": ";
  if (prefix.size() > kSlack) Die("The tag is too long");
  std::memcpy(prefix_, prefix.data(), prefix.size());
  prefix_size_ = prefix.size();
}

void Framer::SetEpoch(const char* digits) {
  if (std::memcmp(last_, digits, 10) == 0) return;
  std::memcpy(last_, digits, 10);
  int64_t seconds = 0;
  for (int i = 0; i < 10; ++i) seconds = seconds * 10 + (digits[i] - '0');
  const int64_t day = seconds / 86'400;
  if (day != day_) {
    day_ = day;
    WriteDay(prefix_ + kTimeAt, day);
  }
  const int64_t of_day = seconds % 86'400;
  WriteTwo(prefix_ + kTimeAt + 11, of_day / 3600);
  WriteTwo(prefix_ + kTimeAt + 14, of_day / 60 % 60);
  WriteTwo(prefix_ + kTimeAt + 17, of_day % 60);
}

void Framer::SetText(const char* text) {
  if (std::memcmp(last_, text, sizeof last_) == 0) return;
  std::memcpy(last_, text, sizeof last_);
  std::memcpy(prefix_ + kTimeAt, text, sizeof last_);
  prefix_[kTimeAt + 10] = ' ';
}

void Framer::MakeRoom(size_t message) {
  Flush();
  const size_t needed = message + 2 * kSlack;
  if (needed <= capacity_) return;
  capacity_ = needed;
  block_ = std::make_unique<char[]>(capacity_);
}

void Framer::Flush() {
  sink_.Write({block_.get(), size_});
  size_ = 0;
}

struct Chain::Json {
  simdjson::ondemand::parser parser;
};

Chain::Chain(const Options& options, Framer& framer)
    : options_(options),
      framer_(framer),
      inflater_(options.with_zlib),
      buffer_(2 * kChunk, '\0'),
      json_(std::make_unique<Json>()) {}

Chain::~Chain() = default;

void Chain::Start() {
  inflater_.Start();
  carry_ = 0;
  first_line_ = true;
}

void Chain::Give(std::string_view packed) {
  const bool whole = options_.kind == Kind::kCloudTrail && !options_.only_inflate;
  inflater_.Give(packed);
  for (;;) {
    if (carry_ + kChunk + kPadding > buffer_.size()) buffer_.resize(2 * buffer_.size());
    const size_t room = kChunk;
    const size_t size = inflater_.Take(buffer_.data() + carry_, room);
    unpacked_ += size;
    if (whole) {
      carry_ += size;
    } else if (!options_.only_inflate) {
      Lines(carry_ + size);
    }
    if (size < room) break;  // all that there was
  }
}

void Chain::Finish() {
  if (!inflater_.done()) Die("The object ends in the middle");
  if (options_.only_inflate) return;
  if (options_.kind == Kind::kCloudTrail) {
    Records();
  } else if (carry_ > 0) {
    Line({buffer_.data(), carry_});
  }
}

void Chain::Lines(size_t size) {
  const char* line = buffer_.data();
  const char* end = line + size;
  while (line < end) {
    const auto* newline =
        static_cast<const char*>(std::memchr(line, '\n', static_cast<size_t>(end - line)));
    if (newline == nullptr) break;
    Line({line, static_cast<size_t>(newline - line)});
    line = newline + 1;
  }
  carry_ = static_cast<size_t>(end - line);
  std::memmove(buffer_.data(), line, carry_);
}

void Chain::Line(std::string_view line) {
  if (options_.kind == Kind::kCloudFront) {
    if (!line.empty() && line.front() == '#') return;
    if (options_.own_time && line.size() > 19) framer_.SetText(line.data());
  } else {
    if (first_line_) {
      first_line_ = false;
      return;
    }
    // "... START END ACTION STATUS": the start is found quicker from the end.
    if (options_.own_time && line.size() > 40) {
      const char* at = line.data() + line.size() - 1;
      for (int blanks = 0; blanks < 3; --at) blanks += *at == ' ' ? 1 : 0;
      framer_.SetEpoch(at - 9);
    }
  }
  framer_.Add(line);
}

void Chain::Records() {
  constexpr std::string_view kTime = "\"eventTime\":\"";
  const simdjson::padded_string_view text(buffer_.data(), carry_, buffer_.size());
  simdjson::ondemand::document document;
  simdjson::ondemand::array records;
  if (json_->parser.iterate(text).get(document) != simdjson::SUCCESS ||
      document["Records"].get_array().get(records) != simdjson::SUCCESS) {
    Die("Not a file of CloudTrail");
  }
  for (auto element : records) {
    simdjson::ondemand::object object;
    std::string_view record;
    if (element.get_object().get(object) != simdjson::SUCCESS ||
        object.raw_json().get(record) != simdjson::SUCCESS) {
      Die("Not a record of CloudTrail");
    }
    if (options_.own_time) {
      const void* at = ::memmem(record.data(), record.size(), kTime.data(), kTime.size());
      if (at != nullptr) framer_.SetText(static_cast<const char*>(at) + kTime.size());
    }
    framer_.Add(record);
  }
}

}  // namespace collector::bench
