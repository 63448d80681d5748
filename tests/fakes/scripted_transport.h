// ScriptedTransport: a Transport whose answers a test gives, one after the other or by a function,
// and that remembers what was asked. Any thread.
#ifndef COLLECTOR_TESTS_FAKES_SCRIPTED_TRANSPORT_H_
#define COLLECTOR_TESTS_FAKES_SCRIPTED_TRANSPORT_H_

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "http/transport.h"

namespace collector::http {

class ScriptedTransport : public Transport {
 public:
  using Handler = std::function<Result<Response>(const Request&)>;

  // Answers come from here first, in order; then from the handler.
  void Enqueue(Result<Response> answer) {
    MutexLock lock(mutex_);
    answers_.push_back(std::move(answer));
  }
  void set_handler(Handler handler) {
    MutexLock lock(mutex_);
    handler_ = std::move(handler);
  }

  Result<Response> Send(const Request& request, std::stop_token stop) override {
    if (stop.stop_requested()) return Fail(ErrorKind::kCancelled, "cancelled");
    Handler handler;
    {
      MutexLock lock(mutex_);
      requests_.push_back(request);
      if (!answers_.empty()) {
        auto answer = std::move(answers_.front());
        answers_.pop_front();
        return answer;
      }
      handler = handler_;
    }
    return handler ? handler(request) : Fail(ErrorKind::kRejected, "the test gave no answer");
  }

  std::vector<Request> requests() const {
    MutexLock lock(mutex_);
    return requests_;
  }

 private:
  mutable Mutex mutex_;
  std::deque<Result<Response>> answers_ GUARDED_BY(mutex_);
  Handler handler_ GUARDED_BY(mutex_);
  std::vector<Request> requests_ GUARDED_BY(mutex_);
};

// An answer with a body and perhaps headers.
inline Response MakeResponse(int status, std::string body,
                             std::vector<std::pair<std::string, std::string>> headers = {}) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  for (auto& [name, value] : headers) response.headers.Add(std::move(name), std::move(value));
  return response;
}

}  // namespace collector::http

#endif  // COLLECTOR_TESTS_FAKES_SCRIPTED_TRANSPORT_H_
