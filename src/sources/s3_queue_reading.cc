// The half of S3Queue that reads objects; s3_queue.cc deals with the queue.
#include <algorithm>
#include <utility>

#include "sources/s3_queue.h"

namespace collector {

bool S3Queue::ReadOne(ObjectDecoder& decoder, std::stop_token stop) {
  if (stop.stop_requested()) return false;
  std::optional<QueueLedger::Task> task;
  bool is_more = false;
  {
    MutexLock lock(mutex_);
    task = ledger_.TakeObject();
    is_more = HasWork(context_.clock.MonotonicNow());
  }
  if (!task) return false;
  if (is_more) WakeOne();
  auto ticket = std::make_shared<Ticket>();
  ticket->id = task->id;
  Ack ack = Ack::Create([ticket, inbox = inbox_, queue = weak_from_this()](Outcome outcome) {
    ticket->outcome = outcome;
    inbox->Put(ticket);
    if (const auto alive = queue.lock()) alive->wakers_[0]();
  });
  ticket->end = Read(*task, decoder, ack, *ticket);
  {
    MutexLock lock(mutex_);
    ledger_.EndReading(task->id);
  }
  ack.Resolve(Outcome::kDelivered);
  return true;
}

const ObjectFormat* S3Queue::FormatOf(std::string_view key, KeyParts& parts) const {
  if (const auto* own = RecogniseObject(settings_.formats, key, parts)) return own;
  if (const auto* known = RecogniseObject(PredefinedObjectFormats(), key, parts)) return known;
  for (const ObjectFormat& format : settings_.formats) {
    if (format.name == queue_.default_format) return &format;
  }
  return FindObjectFormat(queue_.default_format);
}

bool S3Queue::IsDropped(std::string_view key) const {
  return std::any_of(settings_.drop_keys.begin(), settings_.drop_keys.end(),
                     [key](const KeyPattern& pattern) { return pattern.Match(key).has_value(); });
}

QueueLedger::End S3Queue::NotRead(const AnnouncedObject& object, const Error& error) {
  if (error.kind == ErrorKind::kCancelled) return QueueLedger::End::kCancelled;
  if (error.kind == ErrorKind::kNotFound) {
    context_.events.ObjectGone(subject_, object.Uri());
    return QueueLedger::End::kGone;
  }
  context_.events.ObjectNotRead(subject_, object.Uri(), error);
  return QueueLedger::End::kFailed;
}

QueueLedger::End S3Queue::Read(const QueueLedger::Task& task, ObjectDecoder& decoder,
                               const Ack& ack, Ticket& ticket) {
  const AnnouncedObject& object = task.object;
  KeyParts parts;
  const ObjectFormat* const format = FormatOf(object.key, parts);
  const bool is_left_out =
      IsDropped(object.key) || (format != nullptr && format->split == Split::kIgnored);
  if (is_left_out) {
    ++context_.events.counts().objects_left_out;
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
  context_.events.counts().records_read += decoder.counts().records + decoder.counts().filtered;
  context_.events.counts().records_filtered += decoder.counts().filtered;
  context_.events.counts().records_cut += decoder.counts().cut;
  if (!read) return NotRead(object, read.error());
  ++context_.events.counts().objects_read;
  return QueueLedger::End::kDelivered;
}

Result<std::unique_ptr<aws::s3::ObjectStream>> S3Queue::OpenObject(
    const AnnouncedObject& announced) {
  aws::s3::GetObject get;
  get.bucket = announced.bucket;
  get.key = announced.key;
  get.version_id = announced.version_id;
  get.requester_pays = settings_.requester_pays;
  client_->RememberBucketRegion(announced.bucket, announced.region);
  return aws::s3::ObjectStream::Open(*client_, std::move(get), context_.give_up);
}

Status S3Queue::Decode(aws::s3::ObjectStream& stream, const ObjectFormat& format,
                       const KeyParts& parts, const QueueLedger::Task& task, ObjectDecoder& decoder,
                       const Ack& ack) {
  const AnnouncedObject& announced = task.object;
  const std::stop_token give_up = context_.give_up;
  std::string account;
  {
    MutexLock lock(mutex_);
    account = account_;
  }
  ObjectDecoder::Object object;
  object.format = &format;
  object.key = &parts;
  object.account = account;
  object.region = announced.region.empty() ? client_->region() : announced.region;
  object.bucket = announced.bucket;
  object.now = client_->Now();
  object.packed_size = announced.size;
  object.skip = task.skip_etag == stream.etag() ? task.skip : 0;
  decoder.Begin(object, [this, &ack, &give_up](std::shared_ptr<const Records> records) {
    return context_.output.Submit({std::move(records), ack.Share()}, give_up);
  });
  for (;;) {
    const auto bytes = stream.Read(give_up);
    if (!bytes) return Propagate(bytes);
    if (bytes->empty()) return decoder.Finish();
    if (Status fed = decoder.Feed(*bytes); !fed) return fed;
  }
}

}  // namespace collector
