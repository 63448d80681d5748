// What became of the entries of a batch call of SQS: each succeeds or fails by itself (S-9).
#ifndef COLLECTOR_AWS_SQS_BATCH_H_
#define COLLECTOR_AWS_SQS_BATCH_H_

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/transport.h"

namespace collector::aws::sqs {

inline constexpr size_t kMaxBatchEntries = 10;  // more are refused (TooManyEntriesInBatchRequest)

struct BatchResponse {
  struct Failure {
    size_t entry;         // its place in the request, from 0
    std::string code;     // "ReceiptHandleIsInvalid"
    std::string message;  // may be empty
    // The entry is wrong and will be so the next time; else it may be tried again.
    bool sender_fault;
  };

  // Places in the request, from 0. What is in neither list was not done.
  std::vector<size_t> done;
  std::vector<Failure> failed;
};

// Of entries whose Id is their place in the request. kRetry: it cannot be read.
Result<BatchResponse> ParseBatch(const http::Response& answer);

}  // namespace collector::aws::sqs

#endif  // COLLECTOR_AWS_SQS_BATCH_H_
