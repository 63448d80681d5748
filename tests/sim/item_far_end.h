// What the messages of a queue bring, objects or events, what of it has arrived, and what may
// arrive once more: the judge of the simulations of queues. Used by one thread.
#ifndef COLLECTOR_TESTS_SIM_ITEM_FAR_END_H_
#define COLLECTOR_TESTS_SIM_ITEM_FAR_END_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/receiver.h"

namespace collector::sim {

// Things by number, which never become fewer.
class Items {
 public:
  virtual ~Items() = default;
  virtual size_t count() const = 0;
  virtual size_t RecordsOf(size_t item) const = 0;
  // The id that the collector makes of what announces it.
  virtual RecordId IdentityOf(size_t item) const = 0;
  // Nobody can read it to its end.
  virtual bool IsPoison(size_t) const { return false; }
  // It stands where another stood, so that who announces that one announces it too.
  virtual bool ReplacesAnother(size_t) const { return false; }
  virtual bool IsGone(size_t) const { return false; }
  // Whether reading it has ever met an error.
  virtual bool HasFailed(size_t) const { return false; }
};

// How a record says at both ends whose it is: "#item.place# ... item", the item in four digits, as
// long as any other, so that one can be cut over another.
std::string ItemName(size_t item);
std::string ItemMark(size_t item, size_t place);

// What arrived, by item and place in it. It holds every duplicate for a violation that no kill,
// no end and no broken connection explains.
class ItemFarEnd : public FarEnd {
 public:
  ItemFarEnd(const Items& items, const Clock& clock) : items_(items), clock_(clock) {}

  void Arrive(const Record& record, bool again) override;
  void Check(const std::string& key, const PositionChange& change) override;
  void Stored(const std::string& key, const PositionChange& change) override;
  int EndLife() override;

  // That all of it arrived, or that it is gone, or that nobody can read it to its end.
  bool IsDone(size_t item) const;
  // That the collector has put down that it has done with it.
  bool IsStored(size_t item) const;
  // At the end of all.
  void CheckThatAllArrived(int& records);
  // Duplicates of what came again when the collector had forgotten it.
  int forgotten() const { return forgotten_; }

 protected:
  // Of each record once.
  virtual void ArriveFirst(size_t item, size_t place) {
    (void)item;
    (void)place;
  }

 private:
  struct Arrival {
    int times = 0;
    int life = -1;  // the last one, and the time in it
    Instant at{};
  };
  struct Received {
    std::vector<Arrival> records;
    size_t distinct = 0;
    int life = -1;  // the last in which some arrived, and how many did then
    size_t distinct_in_life = 0;
    std::optional<Timestamp> stored;  // the collector's time of the delivery, in its store
  };

  Received& Of(size_t item);
  bool IsExplained(size_t item, const Arrival& last);
  bool IsForgotten(const Received& received, const Arrival& last) const;
  std::optional<size_t> Find(const RecordId& id);

  const Items& items_;
  const Clock& clock_;
  std::vector<Received> received_;
  std::map<RecordId, size_t> identities_;
  int life_ = 0;
  int forgotten_ = 0;
};

}  // namespace collector::sim

#endif  // COLLECTOR_TESTS_SIM_ITEM_FAR_END_H_
