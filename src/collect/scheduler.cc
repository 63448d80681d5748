#include "collect/scheduler.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

namespace collector {

struct Scheduler::Entry {
  std::unique_ptr<Source> source;
  size_t index = 0;  // in its lane
  Instant due{};
  Source::Standing standing = Source::Standing::kBusy;
  bool running = false;
  bool woken = false;  // asked for while it was running
};

class Scheduler::Lane {
 public:
  Lane(std::string name, Clock& clock) : name_(std::move(name)), clock_(clock) {}

  const std::string& name() const { return name_; }

  void Add(std::unique_ptr<Source> source, size_t workers) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    most_workers_ = std::max(most_workers_, workers);
    AddLocked(std::move(source));
  }

  // Runs due sources on threads of its own until `stop`; `after_step` is called after each step,
  // without the lock, and must stay valid until Join() has returned.
  void Start(std::stop_token stop, const std::function<void()>& after_step) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    stop_ = std::move(stop);
    after_step_ = &after_step;
    AddWorker();
  }

  void Join() EXCLUDES(mutex_) {
    // A worker that runs may add others behind itself.
    for (;;) {
      std::thread worker;
      {
        MutexLock lock(mutex_);
        if (workers_.empty()) return;
        worker = std::move(workers_.front());
        workers_.pop_front();
      }
      worker.join();
    }
  }

  // When the next source is due; nothing when all are running or there is none.
  std::optional<Instant> NextDue() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (due_.empty()) return std::nullopt;
    return due_.begin()->first;
  }

  void StepFirst(std::stop_token stop) EXCLUDES(mutex_) { Step(TakeFirst(), std::move(stop)); }

  bool AllDone() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return std::none_of(entries_.begin(), entries_.end(), [](const auto& entry) {
      return entry->standing == Source::Standing::kBusy;
    });
  }

  // A source that is listed may end at any time, but not under the lock.
  void AppendStandings(std::vector<Standing>& to) const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    for (const auto& entry : entries_) {
      if (entry->source == nullptr) continue;
      to.push_back({entry->source->name(), entry->standing, entry->source->read_up_to()});
    }
  }

  template <typename Visitor>
  void ForEach(Visitor visit) EXCLUDES(mutex_) {
    std::vector<Entry*> all;
    {
      MutexLock lock(mutex_);
      for (const auto& entry : entries_) {
        if (entry->source != nullptr) all.push_back(entry.get());
      }
    }
    for (Entry* entry : all) visit(*entry);
  }

 private:
  void AddLocked(std::unique_ptr<Source> source) REQUIRES(mutex_) {
    if (free_.empty()) {
      free_.push_back(entries_.size());
      entries_.push_back(std::make_unique<Entry>());
      entries_.back()->index = free_.back();
    }
    Entry& entry = *entries_[free_.back()];
    free_.pop_back();
    entry.source = std::move(source);
    entry.standing = Source::Standing::kBusy;
    entry.due = clock_.MonotonicNow();
    // An entry outlives its source and is used again, so that a late call wakes another for
    // nothing.
    entry.source->set_waker([this, raw = &entry] { Wake(raw); });
    due_.insert({entry.due, entry.index});
    changed_.NotifyOne();
  }

  Entry* TakeFirst() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return TakeFirstLocked();
  }

  void Work(const std::stop_token& stop, const std::function<void()>& after_step) EXCLUDES(mutex_) {
    while (!stop.stop_requested()) {
      Entry* entry = WaitForDue(stop);
      if (entry == nullptr) return;
      Step(entry, stop);
      after_step();
    }
  }

  // One worker more than are busy, so that somebody is there when the next source becomes due.
  void AddWorker() REQUIRES(mutex_) {
    if (started_ >= std::min(most_workers_, entries_.size())) return;
    try {
      workers_.emplace_back(
          [this, stop = stop_, after_step = after_step_] { Work(stop, *after_step); });
      ++started_;
    } catch (const std::system_error&) {
      // The process may have no more threads; those that there are do the work.
      if (workers_.empty()) throw;
    }
  }

  Entry* TakeFirstLocked() REQUIRES(mutex_) {
    Entry* entry = entries_[due_.begin()->second].get();
    due_.erase(due_.begin());
    entry->running = true;
    entry->woken = false;
    return entry;
  }

  Entry* WaitForDue(std::stop_token stop) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    ++waiting_;
    while (!stop.stop_requested()) {
      const Instant now = clock_.MonotonicNow();
      if (!due_.empty() && due_.begin()->first <= now) {
        if (--waiting_ == 0) AddWorker();
        return TakeFirstLocked();
      }
      changed_.WaitUntil(mutex_, due_.empty() ? now + std::chrono::hours(1) : due_.begin()->first,
                         stop);
    }
    --waiting_;
    return nullptr;
  }

  void Step(Entry* entry, std::stop_token stop) EXCLUDES(mutex_) {
    entry->source->Settle();
    Source::Next next = entry->source->Poll(std::move(stop));
    std::unique_ptr<Source> ended;  // destroyed without the lock
    MutexLock lock(mutex_);
    for (auto& found : next.found) AddLocked(std::move(found));
    entry->running = false;
    entry->standing = next.standing;
    if (next.standing == Source::Standing::kEnded) {
      ended = std::move(entry->source);
      free_.push_back(entry->index);
      return;
    }
    entry->due = entry->woken ? clock_.MonotonicNow() : next.due;
    due_.insert({entry->due, entry->index});
    changed_.NotifyOne();
  }

  void Wake(Entry* entry) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (entry->running) {
      entry->woken = true;
      return;
    }
    if (entry->source == nullptr) return;
    due_.erase({entry->due, entry->index});
    entry->due = std::min(entry->due, clock_.MonotonicNow());
    due_.insert({entry->due, entry->index});
    changed_.NotifyOne();
  }

  const std::string name_;
  Clock& clock_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<std::unique_ptr<Entry>> entries_ GUARDED_BY(mutex_);
  std::vector<size_t> free_ GUARDED_BY(mutex_);  // the entries whose sources have ended
  // By due time, then by index: ties go to who was added first, so that runs are repeatable.
  std::set<std::pair<Instant, size_t>> due_ GUARDED_BY(mutex_);

  std::stop_token stop_ GUARDED_BY(mutex_);
  const std::function<void()>* after_step_ GUARDED_BY(mutex_) = nullptr;
  std::deque<std::thread> workers_ GUARDED_BY(mutex_);  // not yet joined
  size_t most_workers_ GUARDED_BY(mutex_) = 0;
  size_t started_ GUARDED_BY(mutex_) = 0;
  size_t waiting_ GUARDED_BY(mutex_) = 0;  // of the workers
};

Scheduler::Scheduler(Clock& clock, const Options& options) : clock_(clock), options_(options) {}

Scheduler::~Scheduler() = default;

void Scheduler::Add(const std::string& lane, std::unique_ptr<Source> source, size_t workers) {
  if (workers == 0) workers = options_.workers_per_lane;
  const auto found = std::find_if(lanes_.begin(), lanes_.end(),
                                  [&lane](const auto& one) { return one->name() == lane; });
  if (found != lanes_.end()) return (*found)->Add(std::move(source), workers);
  lanes_.push_back(std::make_unique<Lane>(lane, clock_));
  lanes_.back()->Add(std::move(source), workers);
}

void Scheduler::Run(std::stop_token stop) {
  std::stop_source ended;
  std::stop_callback pass_on(stop, [&ended] { ended.request_stop(); });
  const std::function<void()> after_step = [this, &ended] {
    if (options_.once && AllDone()) ended.request_stop();
  };
  for (const auto& lane : lanes_) lane->Start(ended.get_token(), after_step);
  for (const auto& lane : lanes_) lane->Join();
}

bool Scheduler::RunNext(std::stop_token stop, Instant until) {
  Lane* first = nullptr;
  std::optional<Instant> due;
  for (const auto& lane : lanes_) {
    const std::optional<Instant> next = lane->NextDue();
    if (next && (!due || *next < *due)) {
      first = lane.get();
      due = next;
    }
  }
  if (first == nullptr || *due > until || (options_.once && AllDone())) return false;
  if (!clock_.WaitUntil(*due, stop)) return false;
  first->StepFirst(stop);
  return true;
}

void Scheduler::EndAll(Instant deadline) {
  for (const auto& lane : lanes_) {
    lane->ForEach([deadline](Entry& entry) {
      entry.source->Settle();
      entry.source->End(deadline);
    });
  }
}

std::vector<Scheduler::Standing> Scheduler::Standings() const {
  std::vector<Standing> all;
  for (const auto& lane : lanes_) lane->AppendStandings(all);
  return all;
}

std::vector<std::string> Scheduler::FailedSources() const {
  std::set<std::string> failed;
  for (const auto& lane : lanes_) {
    lane->ForEach([&failed](Entry& entry) {
      if (entry.standing == Source::Standing::kFailed) failed.insert(entry.source->name());
    });
  }
  return {failed.begin(), failed.end()};
}

bool Scheduler::AllDone() const {
  return std::all_of(lanes_.begin(), lanes_.end(),
                     [](const auto& lane) { return lane->AllDone(); });
}

}  // namespace collector
