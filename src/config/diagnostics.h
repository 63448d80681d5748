// Diagnostics: everything that is wrong or doubtful in one configuration file, each with its line
// and column, so that a person mends all of it in one go. Owned by the loader while it reads one
// file; one thread.
#ifndef COLLECTOR_CONFIG_DIAGNOSTICS_H_
#define COLLECTOR_CONFIG_DIAGNOSTICS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace collector {

// A place in the file; both count from 1, columns count characters. Line 0 is the file as a whole.
struct Position {
  int line = 1;
  int column = 1;
  auto operator<=>(const Position&) const = default;
};

struct Diagnostic {
  Position at;
  std::string text;  // what is wrong and what was expected; never a secret
  bool operator==(const Diagnostic&) const = default;
};

// "config.yaml:7:5: error: ..." as compilers write it, so that editors jump to the place; without
// line and column for the file as a whole. `severity` is "error", "warning" or empty, which leaves
// it out.
std::string FormatDiagnostic(std::string_view file, std::string_view severity,
                             const Diagnostic& diagnostic);

class Diagnostics {
 public:
  // A file of garbage must not give a page of complaints for each of its bytes.
  static constexpr size_t kMost = 100;

  void Error(Position at, std::string text);
  void Warn(Position at, std::string text);

  // In file order. More than kMost are cut there, with a last one that says how many there were.
  std::vector<Diagnostic> Errors() const { return InOrder(errors_, errors_left_out_); }
  std::vector<Diagnostic> Warnings() const { return InOrder(warnings_, warnings_left_out_); }
  size_t error_count() const { return errors_.size() + errors_left_out_; }

  // While one lives, errors are taken as warnings: for a part of the file that is switched off.
  class Demotion {
   public:
    Demotion(Diagnostics& diagnostics, bool demote) : diagnostics_(diagnostics), demote_(demote) {
      if (demote_) ++diagnostics_.demotions_;
    }
    ~Demotion() {
      if (demote_) --diagnostics_.demotions_;
    }
    Demotion(const Demotion&) = delete;
    Demotion& operator=(const Demotion&) = delete;

   private:
    Diagnostics& diagnostics_;
    const bool demote_;
  };

 private:
  static std::vector<Diagnostic> InOrder(std::vector<Diagnostic> found, size_t left_out);
  static void Add(std::vector<Diagnostic>& to, size_t& left_out, Diagnostic diagnostic);

  std::vector<Diagnostic> errors_;
  std::vector<Diagnostic> warnings_;
  size_t errors_left_out_ = 0;
  size_t warnings_left_out_ = 0;
  int demotions_ = 0;
};

}  // namespace collector

#endif  // COLLECTOR_CONFIG_DIAGNOSTICS_H_
