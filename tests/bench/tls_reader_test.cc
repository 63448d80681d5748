#include "s3/tls_reader.h"

#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fakes/test_pki.h"

namespace collector::bench {
namespace {

class TlsReaderTest : public testing::Test {
 protected:
  TlsReaderTest() : client_(pki_.Issue({})) {
    ::signal(SIGPIPE, SIG_IGN);  // the reader may have gone before all is sent
    const TestPki::Identity server = pki_.Issue({});
    TlsReader::Options options;
    options.chain = pki_.chain();
    options.cert = server.cert;
    options.key = server.key;
    options.exact = true;
    reader_ = std::make_unique<TlsReader>(options);
  }

  // Sends this on a connection of its own and waits for the reader's end of it.
  void Send(const std::string& bytes, bool with_certificate = true) {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    if (with_certificate) {
      SSL_CTX_use_certificate_chain_file(context, client_.cert.c_str());
      SSL_CTX_use_PrivateKey_file(context, client_.key.c_str(), SSL_FILETYPE_PEM);
    }
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(reader_->port());
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    EXPECT_EQ(SSL_connect(ssl), 1);
    SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
    SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
    SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
    SSL_shutdown(ssl);
    char byte = 0;
    ended_ = SSL_read(ssl, &byte, 1) == 0 && SSL_get_error(ssl, 0) == SSL_ERROR_ZERO_RETURN;
    SSL_free(ssl);
    ::close(fd);
    SSL_CTX_free(context);
  }

  TestPki pki_;
  TestPki::Identity client_;
  std::unique_ptr<TlsReader> reader_;
  bool ended_ = false;
};

TEST_F(TlsReaderTest, CountsWhatAllConnectionsSend) {
  const std::string frame = "<14>2023-06-02 08:31:15.123 host my.app.a.b: line\n";
  Send(frame + frame);
  EXPECT_TRUE(ended_);
  Send(frame);
  const TlsReader::Stats stats = reader_->stats();
  EXPECT_EQ(stats.connections, 2);
  EXPECT_EQ(stats.broken, 0);
  EXPECT_EQ(stats.frames, 6U);
  EXPECT_EQ(stats.bytes, 6 * frame.size());
  EXPECT_EQ(stats.messages.sum, 6 * MessageHash("line"));
  EXPECT_GT(stats.cpu_seconds, 0);
  reader_->Reset();
  EXPECT_EQ(reader_->stats().frames, 0U);
  Send(frame);
  EXPECT_EQ(reader_->stats().messages.messages, 2U);
}

TEST_F(TlsReaderTest, CountsNothingFromWhoShowsNoCertificate) {
  Send("<14>2023-06-02 08:31:15.123 host my.app.a.b: line\n", false);
  EXPECT_FALSE(ended_);
  EXPECT_EQ(reader_->stats().frames, 0U);
  EXPECT_EQ(reader_->stats().connections, 0);
}

}  // namespace
}  // namespace collector::bench
