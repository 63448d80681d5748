// HistoryReader: a source that reads the stretches which a History gives it, a page a Poll(). What
// a page is, and what becomes of its records, is its child's business.
#ifndef COLLECTOR_SOURCES_HISTORY_READER_H_
#define COLLECTOR_SOURCES_HISTORY_READER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "collect/source.h"
#include "sources/history.h"

namespace collector {

class HistoryReader : public Source {
 public:
  // `invalid_token`: the code of AWS's error for a page's token that it no longer takes.
  HistoryReader(std::shared_ptr<History> history, Clock& clock, std::string_view invalid_token);

  const std::string& name() const override { return history_->name(); }
  void Settle() override { history_->Settle(); }
  Next Poll(std::stop_token stop) override;

 protected:
  // Reads the page of the visit that begins at `token` (empty: the first) and hands it over; the
  // next page's token, empty after the last one.
  virtual Result<std::string> ReadPage(const TimeLedger::Visit& visit, const std::string& token,
                                       std::stop_token stop) = 0;

  History& history() { return *history_; }

 private:
  // Whether there are more.
  Result<bool> ReadNext(std::stop_token stop);
  void EndVisit(const Error* error);

  const std::shared_ptr<History> history_;
  Clock& clock_;
  const std::string_view invalid_token_;
  std::optional<TimeLedger::Visit> visit_;
  std::string token_;  // of the visit's next page; it lives with the very same parameters (L-7)
  bool restarted_ = false;
};

}  // namespace collector

#endif  // COLLECTOR_SOURCES_HISTORY_READER_H_
