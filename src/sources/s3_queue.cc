#include "sources/s3_queue.h"

#include <algorithm>
#include <utility>

#include "aws/sqs/queue_url.h"
#include "sources/notification.h"

namespace collector {
namespace {

// A message may be in hand while its object waits, is read, or is on its way to the outputs.
constexpr size_t kMessagesPerObject = 8;

// Beside the workers that read: the one that keeps messages, and one that waits for the next ones.
constexpr size_t kOtherWorkers = 2;

QueueLedger::Options S3LedgerOptions(const S3LogsSettings& settings) {
  QueueLedger::Options options;
  options.visibility = settings.visibility_timeout;
  options.most_objects = static_cast<size_t>(settings.parallel_objects);
  options.most_messages = options.most_objects * kMessagesPerObject;
  return options;
}

}  // namespace

S3Queue::S3Queue(const SourceContext& context, std::unique_ptr<aws::Client> client,
                 const S3LogsSettings& settings, const QueueSettings& queue)
    : SqsQueue(context, std::move(client),
               {settings.service, queue.queue, S3LedgerOptions(settings)}),
      settings_(settings),
      default_format_(queue.default_format) {
  const auto count = static_cast<size_t>(settings.parallel_objects) + kOtherWorkers;
  for (size_t i = 0; i < count; ++i) decoders_.emplace_back(settings_);
}

Result<Notification> S3Queue::Understand(const Message& message) {
  return ParseNotification(message.body);
}

void S3Queue::Inspect(const std::string& url) {
  if (aws::sqs::IsFifo(url)) context().events.QueueIsFifo(subject());
  if (!settings_.drop_keys.empty()) context().events.QueueDropsObjects(subject());
}

bool S3Queue::Read(size_t worker, std::stop_token stop) {
  if (stop.stop_requested()) return false;
  const std::vector<QueueLedger::Task> tasks = TakeTasks(1);
  if (tasks.empty()) return false;
  const auto ticket = std::make_shared<Ticket>();
  ticket->id = tasks[0].id;
  Ack ack = NewAck({ticket});
  ticket->end = ReadObject(tasks[0], decoders_[worker], ack, *ticket);
  EndReading(tasks[0].id);
  ack.Resolve(Outcome::kDelivered);
  return true;
}

const ObjectFormat* S3Queue::FormatOf(std::string_view key, KeyParts& parts) const {
  if (const auto* own = RecogniseObject(settings_.formats, key, parts)) return own;
  if (const auto* known = RecogniseObject(PredefinedObjectFormats(), key, parts)) return known;
  for (const ObjectFormat& format : settings_.formats) {
    if (format.name == default_format_) return &format;
  }
  return FindObjectFormat(default_format_);
}

bool S3Queue::IsDropped(std::string_view key) const {
  return std::any_of(settings_.drop_keys.begin(), settings_.drop_keys.end(),
                     [key](const KeyPattern& pattern) { return pattern.Match(key).has_value(); });
}

QueueLedger::End S3Queue::NotRead(const AnnouncedObject& object, const Error& error) {
  if (error.kind == ErrorKind::kCancelled) return QueueLedger::End::kCancelled;
  if (error.kind == ErrorKind::kNotFound) {
    context().events.ObjectGone(subject(), object.Uri());
    return QueueLedger::End::kGone;
  }
  context().events.ObjectNotRead(subject(), object.Uri(), error);
  return QueueLedger::End::kFailed;
}

QueueLedger::End S3Queue::ReadObject(const QueueLedger::Task& task, ObjectDecoder& decoder,
                                     const Ack& ack, Ticket& ticket) {
  const AnnouncedObject& object = task.object;
  KeyParts parts;
  const ObjectFormat* const format = FormatOf(object.key, parts);
  const bool is_left_out =
      IsDropped(object.key) || (format != nullptr && format->split == Split::kIgnored);
  if (is_left_out) {
    ++context().events.counts().objects_left_out;
    return QueueLedger::End::kGone;
  }
  // S-15: a folder, as consoles make them, or nothing.
  if (object.key.ends_with('/') || object.size == 0) return QueueLedger::End::kDelivered;
  if (format == nullptr) {
    return NotRead(object, {ErrorKind::kRejected,
                            "no format recognises its key; add one under `formats`, name one as "
                            "`default_format`, or leave such keys out with `drop_keys`"});
  }
  if (format->split == Split::kRefused) return NotRead(object, ObjectDecoder::ParquetError());
  const auto stream = OpenObject(object);
  if (!stream) return NotRead(object, stream.error());
  const Status read = Decode(**stream, *format, parts, task, decoder, ack);
  ticket.records = decoder.counts().records;
  ticket.progress = {decoder.settled(), (*stream)->etag()};
  context().events.counts().records_read += decoder.counts().records + decoder.counts().filtered;
  context().events.counts().records_filtered += decoder.counts().filtered;
  context().events.counts().records_cut += decoder.counts().cut;
  if (!read) return NotRead(object, read.error());
  ++context().events.counts().objects_read;
  return QueueLedger::End::kDelivered;
}

Result<std::unique_ptr<aws::s3::ObjectStream>> S3Queue::OpenObject(
    const AnnouncedObject& announced) {
  aws::s3::GetObject get;
  get.bucket = announced.bucket;
  get.key = announced.key;
  get.version_id = announced.version_id;
  get.requester_pays = settings_.requester_pays;
  client().RememberBucketRegion(announced.bucket, announced.region);
  return aws::s3::ObjectStream::Open(client(), std::move(get), context().give_up);
}

Status S3Queue::Decode(aws::s3::ObjectStream& stream, const ObjectFormat& format,
                       const KeyParts& parts, const QueueLedger::Task& task, ObjectDecoder& decoder,
                       const Ack& ack) {
  const AnnouncedObject& announced = task.object;
  const std::stop_token give_up = context().give_up;
  const std::string account = Account();
  ObjectDecoder::Object object;
  object.format = &format;
  object.key = &parts;
  object.account = account;
  object.region = announced.region.empty() ? client().region() : announced.region;
  object.bucket = announced.bucket;
  object.now = client().Now();
  object.packed_size = announced.size;
  object.skip = task.skip_etag == stream.etag() ? task.skip : 0;
  decoder.Begin(object, [this, &ack, &give_up](std::shared_ptr<const Records> records) {
    return context().output.Submit({std::move(records), ack.Share()}, give_up);
  });
  for (;;) {
    const auto bytes = stream.Read(give_up);
    if (!bytes) return Propagate(bytes);
    if (bytes->empty()) return decoder.Finish();
    if (Status fed = decoder.Feed(*bytes); !fed) return fed;
  }
}

}  // namespace collector
