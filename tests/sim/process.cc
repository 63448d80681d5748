#include "sim/process.h"

#include "aws/credentials/simple.h"

namespace collector::sim {

Process::Process(FakeClock& clock, Clock& time, Random& random, http::Transport& aws,
                 Output& output, PositionStore& store)
    : time_(time),
      output_(output),
      store_(store),
      limiters_(time),
      skew_(time, events_),
      scheduler_(clock, {}) {
  aws::SessionOptions options;
  aws::Credentials credentials;
  credentials.access_key_id = "AKIDEXAMPLE";
  credentials.secret_access_key = Secret("secret");
  options.credentials = std::make_shared<aws::StaticCredentials>(credentials);
  options.seed = random.engine();
  session_ =
      std::make_shared<aws::Session>(aws::Runtime{aws, time, events_, limiters_, skew_}, options);
}

}  // namespace collector::sim
