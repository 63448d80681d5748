#include "sources/key_pattern.h"

#include <algorithm>

#include <fmt/format.h>

namespace collector {
namespace {

// A pattern of many stars can be tried in very many ways; a key that takes more steps than this
// does not match. Real ones take some hundreds.
constexpr size_t kMostSteps = 100'000;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

tl::unexpected<Error> Bad(std::string why) { return Fail(ErrorKind::kRejected, std::move(why)); }

}  // namespace

void KeyParts::Set(std::string_view name, std::string_view value) {
  parts_.emplace_back(name, value);
}

std::string_view KeyParts::Get(std::string_view name) const {
  for (const auto& [known, value] : parts_) {
    if (known == name) return value;
  }
  return {};
}

Result<KeyPattern::Token> KeyPattern::ParsePart(std::string_view inside) {
  const size_t colon = inside.find(':');
  const std::string_view name = inside.substr(0, colon);
  if (name.empty() || !std::all_of(name.begin(), name.end(), IsNameCharacter)) {
    return Bad(fmt::format("{{{}}} has no name of letters, digits, \"_\" and \"-\"", inside));
  }
  Token part{Kind::kPart, std::string(name), {}};
  if (colon == std::string_view::npos) {
    part.characters.set();
    part.characters.reset(static_cast<unsigned char>('/'));
    return part;
  }
  const std::string_view set = inside.substr(colon + 1);
  if (set.empty()) return Bad(fmt::format("{{{}}} admits no character", inside));
  for (size_t i = 0; i < set.size(); ++i) {
    const auto first = static_cast<unsigned char>(set[i]);
    auto last = first;
    if (i + 2 < set.size() && set[i + 1] == '-') {
      last = static_cast<unsigned char>(set[i + 2]);
      i += 2;
    }
    if (last < first) return Bad(fmt::format("{{{}}} has a range from high to low", inside));
    for (unsigned c = first; c <= last; ++c) part.characters.set(c);
  }
  return part;
}

Result<KeyPattern> KeyPattern::Parse(std::string_view text) {
  KeyPattern pattern;
  pattern.text_ = text;
  if (text.empty()) return Bad("it is empty");
  const auto add = [&pattern](Kind kind) { pattern.tokens_.push_back({kind, {}, {}}); };
  for (size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("**/") && (i == 0 || text[i - 1] == '/')) {
      add(Kind::kLevels);
      i += 3;
    } else if (rest.starts_with("**")) {
      add(Kind::kAny);
      i += 2;
    } else if (rest.front() == '*') {
      add(Kind::kStar);
      i += 1;
    } else if (rest.front() == '}') {
      return Bad("it has a } without its {");
    } else if (rest.front() == '{') {
      const size_t close = rest.find('}');
      if (close == std::string_view::npos) return Bad("it has a { without its }");
      Result<Token> part = ParsePart(rest.substr(1, close - 1));
      if (!part) return Propagate(part);
      const auto names = pattern.names();
      if (std::find(names.begin(), names.end(), part->text) != names.end()) {
        return Bad(fmt::format("{{{}}} stands in it twice", part->text));
      }
      pattern.tokens_.push_back(*std::move(part));
      i += close + 1;
    } else {
      const size_t end = std::min(rest.find_first_of("*{}"), rest.size());
      pattern.tokens_.push_back({Kind::kText, std::string(rest.substr(0, end)), {}});
      i += end;
    }
  }
  return pattern;
}

std::vector<std::string_view> KeyPattern::names() const {
  std::vector<std::string_view> names;
  for (const Token& token : tokens_) {
    if (token.kind == Kind::kPart) names.push_back(token.text);
  }
  return names;
}

bool KeyPattern::MatchFrom(size_t at, std::string_view rest, std::vector<std::string_view>& parts,
                           size_t& steps) const {
  if (++steps > kMostSteps) return false;
  if (at == tokens_.size()) return rest.empty();
  const Token& token = tokens_[at];
  switch (token.kind) {
    case Kind::kText:
      return rest.starts_with(token.text) &&
             MatchFrom(at + 1, rest.substr(token.text.size()), parts, steps);
    case Kind::kLevels:
      for (;;) {
        if (MatchFrom(at + 1, rest, parts, steps)) return true;
        const size_t slash = rest.find('/');
        if (slash == std::string_view::npos) return false;
        rest.remove_prefix(slash + 1);
      }
    case Kind::kAny:
    case Kind::kStar:
      if (token.kind == Kind::kAny && at + 1 == tokens_.size()) return true;
      for (size_t taken = 0;; ++taken) {
        if (MatchFrom(at + 1, rest.substr(taken), parts, steps)) return true;
        const bool ends = taken == rest.size() || (token.kind == Kind::kStar && rest[taken] == '/');
        if (ends) return false;
      }
    case Kind::kPart: {
      size_t most = 0;
      while (most < rest.size() && token.characters[static_cast<unsigned char>(rest[most])]) {
        ++most;
      }
      for (size_t taken = most; taken > 0; --taken) {
        parts.push_back(rest.substr(0, taken));
        if (MatchFrom(at + 1, rest.substr(taken), parts, steps)) return true;
        parts.pop_back();
      }
      return false;
    }
  }
  return false;
}

std::optional<KeyParts> KeyPattern::Match(std::string_view key) const {
  std::vector<std::string_view> values;
  size_t steps = 0;
  if (!MatchFrom(0, key, values, steps)) return std::nullopt;
  KeyParts parts;
  size_t next = 0;
  for (const Token& token : tokens_) {
    if (token.kind == Kind::kPart) parts.Set(token.text, values[next++]);
  }
  return parts;
}

}  // namespace collector
