#include "outputs/file_output.h"

#include <iterator>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "outputs/rotating_file.h"
#include "outputs/submit_queue.h"
#include "outputs/text_format.h"
#include "outputs/waiter.h"

namespace collector {
namespace {

constexpr SubmitQueue::Bounds kFileWindow = {.bytes = size_t{64} << 20, .records = 10'000'000};
constexpr size_t kWriteBytes = size_t{1} << 20;
// Syncing more at a time is hardly faster, and shares wait longer for their outcome.
constexpr size_t kSyncBytes = size_t{8} << 20;
constexpr Seconds kRetryWait{1};

class FileOutput : public Output {
 public:
  FileOutput(std::string name, TextFormat format, const Clock& clock, Events& events,
             std::unique_ptr<RotatingFile> file, std::unique_ptr<Waiter> waiter)
      : name_(std::move(name)),
        format_(format),
        clock_(clock),
        events_(events),
        waiter_(std::move(waiter)),
        queue_(name_, kFileWindow, *waiter_),
        file_(std::move(file)),
        thread_([this] { Run(); }) {}

  ~FileOutput() override { (void)Close(Instant()); }

  const std::string& name() const override { return name_; }

  Status Submit(Batch batch, std::stop_token stop) override {
    return queue_.Submit(std::move(batch), std::move(stop));
  }

  Status Close(Instant deadline) override;

 private:
  // A place in taken_: before this record of this batch.
  struct Place {
    size_t batch = 0;
    size_t record = 0;
  };

  void Run();
  void WaitForWork();
  Status Deliver();
  Place Render();
  Status Rotate();
  Status Settle();
  void Report(const Status& status);
  void GiveUpTheRest();
  bool PeriodIsOver() const;

  const std::string name_;
  const TextFormat format_;
  const Clock& clock_;
  Events& events_;
  const std::unique_ptr<Waiter> waiter_;
  SubmitQueue queue_;

  // The thread's, until it is joined.
  const std::unique_ptr<RotatingFile> file_;
  std::vector<Batch> taken_;  // and not settled
  Place written_;             // what lies before is in the file
  Place synced_;              // what lies before is on the disk; always in the first batch
  std::string buffer_;
  std::string trouble_;  // that was told last; empty: all is well
  size_t left_ = 0;      // records, at the end

  std::thread thread_;
};

Status FileOutput::Close(Instant deadline) {
  queue_.Close("closed");
  waiter_->StopAt(deadline);
  if (thread_.joinable()) thread_.join();
  if (left_ == 0) return {};
  return Fail(
      ErrorKind::kRetry,
      fmt::format("output {}: {} records could not be written to {}{}; they are collected "
                  "again at the next start",
                  name_, left_, file_->path().string(), trouble_.empty() ? " in time" : ""));
}

void FileOutput::Run() {
  for (;;) {
    queue_.TakeAll(taken_);
    if (taken_.empty() && queue_.Drained()) return;
    if (taken_.empty() && !PeriodIsOver()) {
      WaitForWork();
      continue;
    }
    const Status status = Deliver();
    if (waiter_->Stopped() && !taken_.empty()) break;
    Report(status);
    if (status) continue;
    if (waiter_->WaitThrough(-1, 0, clock_.MonotonicNow() + kRetryWait) == Waiter::Woke::kStopped) {
      break;
    }
  }
  GiveUpTheRest();
}

bool FileOutput::PeriodIsOver() const {
  const auto end = file_->PeriodEnd();
  return end && clock_.Now() >= *end;
}

// A file whose period is over is rotated even if nothing more comes.
void FileOutput::WaitForWork() {
  const auto end = file_->PeriodEnd();
  waiter_->Wait(-1, 0, end ? clock_.MonotonicNow() + (*end - clock_.Now()) : Instant::max());
}

Status FileOutput::Deliver() {
  auto removed = file_->Open();
  if (!removed) return Propagate(removed);
  if (*removed > 0) events_.FileRepaired(name_, file_->path().string(), *removed);
  while ((written_.batch < taken_.size() || PeriodIsOver()) && !waiter_->Stopped()) {
    const Place next = Render();
    if (buffer_.empty()) {
      if (Status rotated = Rotate(); !rotated) return rotated;
      continue;
    }
    if (Status appended = file_->Append(buffer_, clock_.Now()); !appended) {
      (void)Settle();  // what fitted is delivered, and the error at hand is the one to tell
      return appended;
    }
    written_ = next;
    if (file_->unsynced_bytes() < kSyncBytes) continue;
    if (Status settled = Settle(); !settled) return settled;
  }
  return Settle();
}

// Fills buffer_ with the lines that are to be written next, as far as they go into the present
// file, and returns where they end.
FileOutput::Place FileOutput::Render() {
  buffer_.clear();
  Place place = written_;
  if (PeriodIsOver()) return place;
  while (place.batch < taken_.size() && buffer_.size() < kWriteBytes) {
    const Records& records = *taken_[place.batch].records;
    const size_t before = buffer_.size();
    AppendLine(format_, records.tag(), records[place.record], buffer_);
    if (!file_->Fits(before, buffer_.size() - before)) {
      buffer_.resize(before);
      break;
    }
    if (++place.record == records.size()) place = {place.batch + 1, 0};
  }
  return place;
}

Status FileOutput::Rotate() {
  if (Status settled = Settle(); !settled) return settled;
  if (Status rotated = file_->Rotate(clock_.Now()); !rotated) return rotated;
  auto opened = file_->Open();
  if (!opened) return Propagate(opened);
  // Old files that stay are told of, but hold nothing up.
  if (Status deleted = file_->DeleteOldest(); !deleted) {
    events_.OutputFailed(name_, deleted.error());
  }
  return {};
}

// Syncs, and resolves the shares of the batches that are now wholly on the disk.
Status FileOutput::Settle() {
  if (Status synced = file_->Sync(); !synced) {
    written_ = synced_;
    return synced;
  }
  const size_t done = written_.batch;
  written_.batch = 0;
  synced_ = written_;
  for (size_t i = 0; i < done; ++i) {
    queue_.Release(taken_[i].records->bytes(), taken_[i].records->size());
    taken_[i].ack.Resolve(Outcome::kDelivered);
  }
  taken_.erase(taken_.begin(), std::next(taken_.begin(), static_cast<std::ptrdiff_t>(done)));
  return {};
}

void FileOutput::Report(const Status& status) {
  if (status) {
    if (!trouble_.empty()) events_.OutputWorksAgain(name_);
    trouble_.clear();
  } else if (status.error().message != trouble_) {
    trouble_ = status.error().message;
    events_.OutputFailed(name_, status.error());
  }
}

void FileOutput::GiveUpTheRest() {
  queue_.TakeAll(taken_);
  for (const Batch& batch : taken_) left_ += batch.records->size();
  left_ -= synced_.record;
  taken_.clear();
}

}  // namespace

Result<std::unique_ptr<Output>> NewFileOutput(std::string name, const FileSettings& settings,
                                              const Clock& clock, Events& events) {
  auto file = std::make_unique<RotatingFile>(
      settings.path,
      RotatingFile::Limits{settings.rotate_bytes, settings.rotate_interval, settings.keep_files});
  auto removed = file->Open();
  if (!removed) {
    return Fail(removed.error().kind, fmt::format("output {}: {}", name, removed.error().message),
                removed.error().code);
  }
  if (*removed > 0) events.FileRepaired(name, settings.path.string(), *removed);
  auto waiter = Waiter::Create(clock);
  if (!waiter) return Propagate(waiter);
  return std::make_unique<FileOutput>(std::move(name), settings.format, clock, events,
                                      std::move(file), std::move(*waiter));
}

}  // namespace collector
