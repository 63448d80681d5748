// S3Queue: an SQS queue that announces objects in S3, and the reading of these objects. Many are
// read side by side, because small ones are bound by latency (S-24); big ones by their bytes.
//
// Owned by its workers; threads as sqs_queue.h says.
#ifndef COLLECTOR_SOURCES_S3_QUEUE_H_
#define COLLECTOR_SOURCES_S3_QUEUE_H_

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "aws/s3/object_stream.h"
#include "sources/object_decoder.h"
#include "sources/sqs_queue.h"

namespace collector {

class S3Queue : public SqsQueue {
 public:
  S3Queue(const SourceContext& context, std::unique_ptr<aws::Client> client,
          const S3LogsSettings& settings, const QueueSettings& queue);

  // How many workers may be busy at once, and so how many it is worth to have.
  size_t most_workers() const { return decoders_.size(); }

 private:
  Result<Notification> Understand(const Message& message) override;
  bool Read(size_t worker, std::stop_token stop) override;
  void Inspect(const std::string& url) override;

  QueueLedger::End ReadObject(const QueueLedger::Task& task, ObjectDecoder& decoder, const Ack& ack,
                              Ticket& ticket);
  Result<std::unique_ptr<aws::s3::ObjectStream>> OpenObject(const AnnouncedObject& announced);
  // The rest of ReadObject(): feeds the object to the decoder.
  Status Decode(aws::s3::ObjectStream& stream, const ObjectFormat& format, const KeyParts& parts,
                const QueueLedger::Task& task, ObjectDecoder& decoder, const Ack& ack);
  const ObjectFormat* FormatOf(std::string_view key, KeyParts& parts) const;
  bool IsDropped(std::string_view key) const;
  QueueLedger::End NotRead(const AnnouncedObject& object, const Error& error);

  const S3LogsSettings settings_;
  const std::string default_format_;
  std::deque<ObjectDecoder> decoders_;  // one a worker
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_S3_QUEUE_H_
