// Notifications of new S3 objects as they lie in an SQS queue, in every envelope that AWS has for
// them. Pure; any thread.
#ifndef COLLECTOR_SOURCES_NOTIFICATION_H_
#define COLLECTOR_SOURCES_NOTIFICATION_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "collect/position_store.h"

namespace collector {

// What a message brings: an object that a notification announces, or an event that the message
// itself carries; then its id stands as `key`, and `content` is all of it.
struct AnnouncedObject {
  std::string bucket;
  std::string key;         // as S3 has it: decoded where the envelope encodes it (S-1)
  std::string version_id;  // what follows may be empty
  std::string etag;
  std::string sequencer;
  std::string region;  // of the bucket
  int64_t size = -1;   // bytes; -1: not told
  std::string content = {};

  // What makes two notifications announce the same thing: bucket, key, version, ETag, sequencer
  // (S-19).
  RecordId Identity() const;

  // "s3://bucket/key"
  std::string Uri() const;
};

struct Notification {
  std::vector<AnnouncedObject> objects;
  bool is_test = false;     // s3:TestEvent, which S3 sends when notifications are set up (S-2)
  size_t other_events = 0;  // of objects that were deleted, restored, tagged ... (S-6)
};

// Reads S3's own notification with all its Records (S-5), the same in an SNS envelope (S-3),
// EventBridge's "Object Created" (S-4), CloudTrail's own message (T-3), and s3:TestEvent, each bare
// or in SNS's envelope. kRejected for anything else: what it is not is told in the error.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
Result<Notification> ParseNotification(std::string_view body);

}  // namespace collector

#endif  // COLLECTOR_SOURCES_NOTIFICATION_H_
