// DevoTest: what the tests of the Devo output share: certificates, a server, settings that suit
// both, and a book of what became of the shares.
#ifndef COLLECTOR_TESTS_OUTPUTS_DEVO_FIXTURE_H_
#define COLLECTOR_TESTS_OUTPUTS_DEVO_FIXTURE_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/time_text.h"
#include "collect/batch.h"
#include "fakes/test_pki.h"
#include "fakes/tls_server.h"
#include "observe/events.h"
#include "outputs/devo_output.h"

namespace collector {

// The system's clock, which can also be moved on.
class SkippingClock : public SystemClock {
 public:
  Timestamp Now() const override {
    return SystemClock::Now() + std::chrono::floor<Milliseconds>(skipped());
  }
  Instant MonotonicNow() const override { return SystemClock::MonotonicNow() + skipped(); }
  void Skip(std::chrono::nanoseconds by) { skipped_ += by.count(); }

 private:
  std::chrono::nanoseconds skipped() const { return std::chrono::nanoseconds(skipped_.load()); }
  std::atomic<int64_t> skipped_ = 0;
};

// The lines that the output had to say.
class EventLog {
 public:
  Events::Sink Sink() {
    return [this](Level, std::string_view line) {
      std::lock_guard lock(mutex_);
      text_.append(line).append("\n");
    };
  }
  std::string text() const {
    std::lock_guard lock(mutex_);
    return text_;
  }
  bool Says(const std::string& part) const { return text().find(part) != std::string::npos; }
  int Count(const std::string& part) const {
    const std::string all = text();
    int count = 0;
    for (size_t at = all.find(part); at != std::string::npos; at = all.find(part, at + 1)) ++count;
    return count;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

class DevoTest : public ::testing::Test {
 protected:
  using End = TlsServer::End;
  static constexpr const char* kTag = "my.app.test.records";

  void Serve(TlsServer::Options options = {}) {
    server_ = std::make_unique<TlsServer>(pki_, server_identity_, std::move(options));
  }

  DevoSettings Settings() const {
    DevoSettings settings;
    settings.address = "127.0.0.1";
    settings.port = server_ == nullptr ? 1 : server_->port();
    settings.chain = pki_.chain();
    settings.cert = client_identity_.cert;
    settings.key = client_identity_.key;
    settings.host_name = "myhost";
    settings.longest_reconnect_wait = Milliseconds(20);
    return settings;
  }

  std::unique_ptr<Output> Open(const DevoSettings& settings) {
    auto output = NewDevoOutput("devo", settings, clock_, events_);
    EXPECT_TRUE(output) << output.error().message;
    return output ? std::move(*output) : nullptr;
  }

  // One batch of these messages. Each share that is delivered must have been read by then.
  Batch MakeBatch(const std::vector<std::string>& messages) {
    auto records = std::make_shared<Records>(kTag);
    for (const std::string& message : messages) records->Add(kTime, message);
    return {records, Ack::Create([this, messages](Outcome outcome) {
              if (outcome == Outcome::kFailed) {
                ++failed_;
                return;
              }
              for (std::string message : messages) {
                if (message.ends_with('\n')) message.pop_back();
                if (server_->TimesRead(message) == 0) ++early_;
              }
              ++delivered_;
            })};
  }

  Status Submit(Output& output, const std::vector<std::string>& messages) {
    return output.Submit(MakeBatch(messages), {});
  }

  // Waits until so many batches are delivered.
  bool Delivered(int count) {
    return server_->WaitUntil([&] { return delivered_ >= count; });
  }

  Status Close(Output& output, Milliseconds longest = Milliseconds(20'000)) {
    return output.Close(clock_.MonotonicNow() + longest);
  }

  const Timestamp kTime = Timestamp(Milliseconds(1'685'694'675'123));
  TestPki pki_;
  TestPki::Identity server_identity_ = pki_.Issue({.common_name = "server"});
  TestPki::Identity client_identity_ = pki_.Issue({.common_name = "client"});
  std::unique_ptr<TlsServer> server_;
  SkippingClock clock_;
  EventLog log_;
  Events events_{log_.Sink(), Level::kDebug};
  std::atomic<int> delivered_ = 0;
  std::atomic<int> failed_ = 0;
  std::atomic<int> early_ = 0;  // records that counted as delivered before the server read them
};

}  // namespace collector

#endif  // COLLECTOR_TESTS_OUTPUTS_DEVO_FIXTURE_H_
