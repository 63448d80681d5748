// s3:GetObject: an object's bytes, or those from some offset on; for Client::Open().
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
#ifndef COLLECTOR_AWS_S3_GET_OBJECT_H_
#define COLLECTOR_AWS_S3_GET_OBJECT_H_

#include <cstdint>
#include <string>

#include "aws/operation.h"

namespace collector::aws::s3 {

struct GetObject {
  // 5,500 a second and prefix at least, which is no limit of an account; S3 says when to slow down.
  static constexpr OperationInfo kInfo{&kS3, "GetObject"};

  std::string bucket = {};
  std::string key = {};         // its bytes as they are; nothing in it is decoded or normalised
  std::string version_id = {};  // empty: the newest
  uint64_t range_start = 0;     // the first byte wanted; 0: the whole object, without a range
  std::string if_match = {};    // an ETag with its quotes; another object is refused with 412
  bool requester_pays = false;  // S-17: agrees to pay, without which such buckets refuse

  // No checksum mode is asked for: S3 would send what it has stored, of parts for what came in
  // parts, and TLS and the length already tell when bytes are missing or wrong.
  RequestParts ToRequest() const;
};

}  // namespace collector::aws::s3

#endif  // COLLECTOR_AWS_S3_GET_OBJECT_H_
