// HistoryReader: a source that reads the stretches which a History gives it, a page a Poll(). What
// a page is, and what becomes of its records, is its child's business.
#ifndef COLLECTOR_SOURCES_HISTORY_READER_H_
#define COLLECTOR_SOURCES_HISTORY_READER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "collect/source.h"
#include "sources/history.h"

namespace collector {

class HistoryReader : public Source {
 public:
  // The codes of AWS's errors for...
  struct Codes {
    std::string_view invalid_token;  // a page's token that it no longer takes
    std::string_view gone = {};      // records that are no more; empty: they stay
  };
  HistoryReader(std::shared_ptr<History> history, Clock& clock, const Codes& codes);
  ~HistoryReader() override;

  const std::string& name() const override { return history_->name(); }
  void Settle() override { history_->Settle(); }
  Next Poll(std::stop_token stop) override;
  std::optional<Timestamp> read_up_to() const override { return history_->read_up_to(); }

 protected:
  // Before the first page, again after an error.
  virtual Status Prepare(std::stop_token stop);

  // Reads the page of the visit that begins at `token` (empty: the first) and hands it over; the
  // next page's token, empty after the last one.
  virtual Result<std::string> ReadPage(const TimeLedger::Visit& visit, const std::string& token,
                                       std::stop_token stop) = 0;

  History& history() { return *history_; }

 private:
  // How the history wakes the reader, which it may outlive.
  struct Bell {
    Mutex mutex;
    HistoryReader* reader GUARDED_BY(mutex);
  };

  // The source's Wake(), for Bell.
  void Ring() const { Wake(); }
  // Whether there are more.
  Result<bool> ReadNext(std::stop_token stop);
  void EndVisit(bool complete);
  Next AfterError(const Error& error);
  Next Leave();

  const std::shared_ptr<History> history_;
  const std::shared_ptr<Bell> bell_;
  Clock& clock_;
  const Codes codes_;
  bool prepared_ = false;
  bool gone_ = false;
  std::optional<TimeLedger::Visit> visit_;
  std::string token_;  // of the visit's next page; it lives with the very same parameters (L-7)
  bool restarted_ = false;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_HISTORY_READER_H_
