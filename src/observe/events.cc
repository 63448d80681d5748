#include "observe/events.h"

#include <utility>

#include <fmt/format.h>

#include "base/time_text.h"

namespace collector {

template <typename... Args>
void Events::Log(Level level, std::string_view format, Args&&... args) {
  if (level < threshold_ || !sink_) return;
  sink_(level, fmt::vformat(format, fmt::make_format_args(args...)));
}

Events::Events(Sink sink, Level threshold) : sink_(std::move(sink)), threshold_(threshold) {}

void Events::Started(std::string_view version, std::string_view config_file) {
  Log(Level::kInfo, "aws-collector {} started with {}", version, config_file);
}

void Events::Stopping(std::string_view why) {
  Log(Level::kInfo, "{}: ending in order; a second signal ends at once", why);
}

void Events::Ended(std::chrono::nanoseconds after) {
  Log(Level::kInfo,
      "ended after {}: {} records read, {} delivered, {} duplicates dropped, {} left out by "
      "filters, {} sent again; {} objects read; {} AWS calls, {} retried",
      FormatDuration(after), counts_.records_read, counts_.records_delivered,
      counts_.duplicates_dropped, counts_.records_filtered, counts_.records_sent_again,
      counts_.objects_read, counts_.aws_calls, counts_.aws_retries);
}

void Events::ConfigWarning(std::string_view text) { Log(Level::kWarning, "{}", text); }

void Events::SetupDone(const Subject& subject, std::string_view what) {
  Log(Level::kInfo, "{}: set up: {}", subject.text, what);
}

void Events::SetupNotDone(const Subject& subject, std::string_view what) {
  Log(Level::kError, "{}: not set up, so what it would bring is not collected: {}", subject.text,
      what);
}

void Events::SetupNote(const Subject& subject, std::string_view what) {
  Log(Level::kWarning, "{}: {}", subject.text, what);
}

void Events::AwsCall(std::string_view where, std::string_view operation, int status,
                     std::chrono::nanoseconds took) {
  ++counts_.aws_calls;
  Log(Level::kDebug, "{}: {} answered {} in {}", where, operation, status, FormatDuration(took));
}

void Events::AwsCallRetried(std::string_view where, std::string_view operation, const Error& error,
                            int attempt, std::chrono::nanoseconds delay) {
  ++counts_.aws_retries;
  Log(Level::kDebug, "{}: {} failed (attempt {}), trying again in {}: {}", where, operation,
      attempt, FormatDuration(delay), error.message);
}

void Events::AwsThrottled(std::string_view where, std::string_view operation, double new_rate) {
  ++counts_.aws_throttles;
  Log(Level::kDebug, "{}: {} was throttled by AWS; going on with {:.2f} calls/s", where, operation,
      new_rate);
}

void Events::ClockSkewCorrected(std::chrono::seconds skew) {
  if (std::abs(skew.count()) < 60) {
    Log(Level::kInfo, "this machine's clock is right again; requests are signed with its time");
    return;
  }
  Log(Level::kWarning,
      "this machine's clock is {} s {} AWS's; requests are signed with AWS's time, but please set "
      "the clock (timedatectl set-ntp true)",
      std::abs(skew.count()), skew.count() > 0 ? "behind" : "ahead of");
}

void Events::PullGivenUp(const Subject& subject, const Error& error,
                         std::chrono::nanoseconds next_try) {
  ++counts_.pulls_given_up;
  Log(Level::kError, "{}: pull given up, next try in {}; nothing is lost: {}", subject.text,
      FormatDuration(next_try), error.message);
}

void Events::PullWorksAgain(const Subject& subject) {
  Log(Level::kInfo, "{}: works again", subject.text);
}

void Events::CatchUpProgress(const Subject& subject, Timestamp reached, Timestamp target,
                             double records_per_second,
                             std::optional<std::chrono::nanoseconds> remaining) {
  Log(Level::kInfo, "{}: catching up: complete up to {} of {}, reading {:.0f} records/s{}",
      subject.text, FormatRfc3339(reached), FormatRfc3339(target), records_per_second,
      remaining ? fmt::format(", about {} to go", FormatDuration(*remaining)) : "");
}

void Events::CatchUpDone(const Subject& subject, uint64_t records, std::chrono::nanoseconds took) {
  Log(Level::kInfo, "{}: caught up: {} records in {}", subject.text, records, FormatDuration(took));
}

void Events::TooBusyForLookup(const Subject& subject, double records_per_second, double ceiling) {
  Log(Level::kError,
      "{}: the account makes about {:.0f} events/s here, more than the {:.0f} events/s that "
      "LookupEvents can give, so this service falls further and further behind; have CloudTrail "
      "write a trail to S3 and read that",
      subject.text, records_per_second, ceiling);
}

void Events::SourceGone(const Subject& subject) {
  Log(Level::kInfo, "{}: is no more in AWS; what was there is delivered", subject.text);
}

void Events::SourcesFound(const Subject& subject, size_t count, std::string_view example) {
  Log(Level::kInfo, "{}: {} found that {} not read before, such as {}", subject.text, count,
      count == 1 ? "was" : "were", example);
}

void Events::SourcesBehind(const Subject& subject, size_t behind, size_t all,
                           std::string_view worst, std::chrono::nanoseconds lag,
                           std::string_view advice) {
  Log(Level::kWarning, "{}: {} of {} are behind, {} the furthest with {}; {}", subject.text, behind,
      all, worst, FormatDuration(lag), advice);
}

void Events::BeyondRetention(const Subject& subject, std::chrono::nanoseconds lost) {
  Log(Level::kError,
      "{}: {} that were still to be read lie further back than the 90 days that CloudTrail's event "
      "history keeps; if a trail to S3 exists they are there",
      subject.text, FormatDuration(lost));
}

void Events::QueueNotInspected(const Subject& subject, const Error& error) {
  Log(Level::kWarning, "{}: whether the queue has a dead-letter queue cannot be seen: {}",
      subject.text, error.message);
}

void Events::QueueWithoutDeadLetters(const Subject& subject) {
  Log(Level::kWarning,
      "{}: the queue has no dead-letter queue: a message that can never be read (an object that is "
      "damaged, say) comes again and again until it expires, and its object is then forgotten; "
      "set a RedrivePolicy",
      subject.text);
}

void Events::QueueIsFifo(const Subject& subject) {
  Log(Level::kWarning,
      "{}: this is a FIFO queue: S3 itself cannot notify one, and a message that cannot be read "
      "holds up all those behind it in its group; use a standard queue",
      subject.text);
}

void Events::QueueKeyBarsSenders(const Subject& subject) {
  Log(Level::kWarning,
      "{}: the queue is encrypted with alias/aws/sqs, a key that lets no other service send: what "
      "S3 announces is lost without a word; use a key of your own whose policy allows "
      "kms:GenerateDataKey and kms:Decrypt to the sender, or SSE-SQS",
      subject.text);
}

void Events::QueueDropsObjects(const Subject& subject) {
  Log(Level::kInfo,
      "{}: messages of objects that drop_keys leaves out are deleted; who else reads this queue "
      "does not get them",
      subject.text);
}

void Events::MessageNotUnderstood(const Subject& subject, std::string_view message_id,
                                  int receive_count, const Error& error) {
  Log(Level::kError,
      "{}: message {} is left in the queue (received {} times; its redrive policy decides): {}",
      subject.text, message_id, receive_count, error.message);
}

void Events::MessagesNotDeleted(const Subject& subject, size_t count, const Error& error) {
  Log(Level::kWarning, "{}: {} messages are delivered and not yet deleted, trying again: {}",
      subject.text, count, error.message);
}

void Events::VisibilityNotChanged(const Subject& subject, size_t count, const Error& error) {
  Log(Level::kWarning,
      "{}: the visibility of {} messages was not changed; they may be received twice: {}",
      subject.text, count, error.message);
}

void Events::DeliveredNotStored(const Subject& subject, const Error& error) {
  Log(Level::kWarning,
      "{}: {}; collecting goes on, but after a kill objects that were just delivered may be "
      "delivered again",
      subject.text, error.message);
}

void Events::ObjectGone(const Subject& subject, std::string_view uri) {
  ++counts_.objects_gone;
  Log(Level::kWarning, "{}: {} does not exist any more; its message is deleted", subject.text, uri);
}

void Events::ObjectNotRead(const Subject& subject, std::string_view uri, const Error& error) {
  ++counts_.objects_not_read;
  Log(Level::kError, "{}: {} is not read, its message stays in the queue: {}", subject.text, uri,
      error.message);
}

void Events::PositionNotStored(const Subject& subject, const Error& error) {
  Log(Level::kError, "{}: {}; collecting waits, nothing is lost", subject.text, error.message);
}

void Events::OutputConnected(std::string_view output, std::string_view peer, std::string_view how) {
  Log(Level::kInfo, "output {}: connected to {} ({})", output, peer, how);
}

void Events::OutputDisconnected(std::string_view output, std::string_view why,
                                uint64_t records_to_repeat) {
  ++counts_.connections_lost;
  counts_.records_sent_again += records_to_repeat;
  Log(records_to_repeat > 0 ? Level::kWarning : Level::kInfo,
      "output {}: connection ended ({}); {} records without a receipt go out again", output, why,
      records_to_repeat);
}

void Events::OutputIdle(std::string_view output, std::string_view why) {
  Log(Level::kDebug, "output {}: idle connection ended ({}); the next record opens another", output,
      why);
}

void Events::OutputUnreachable(std::string_view output, const Error& error, int attempt,
                               std::chrono::nanoseconds next_try) {
  Log(Level::kError, "output {}: {} (attempt {}, next in {}); nothing is lost", output,
      error.message, attempt, FormatDuration(next_try));
}

void Events::OutputWithoutReceipts(std::string_view output) {
  Log(Level::kWarning,
      "output {}: the endpoint does not answer TLS key updates; from here on delivered means "
      "acknowledged by its TCP, which is weaker when it is reset with data unread",
      output);
}

void Events::RecordCut(std::string_view output, std::string_view tag, size_t size, size_t limit) {
  ++counts_.records_cut;
  Log(Level::kWarning,
      "output {}: a record of {} bytes for {} was cut at max_record_size_in_bytes ({})", output,
      size, tag, limit);
}

void Events::OutputFailed(std::string_view output, const Error& error) {
  Log(Level::kError, "output {}: {}", output, error.message);
}

void Events::OutputWorksAgain(std::string_view output) {
  Log(Level::kInfo, "output {}: works again", output);
}

void Events::FileRepaired(std::string_view output, std::string_view path, size_t bytes) {
  Log(Level::kInfo,
      "output {}: removed an unfinished last line ({} bytes) from {}; its record was not delivered "
      "and is collected again",
      output, bytes, path);
}

}  // namespace collector
