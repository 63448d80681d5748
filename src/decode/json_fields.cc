#include "decode/json_fields.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>

#include "base/json_text.h"
#include "decode/json_blocks.h"
#include "decode/json_scalar.h"
#include "decode/json_value_end.h"

namespace collector {
namespace {

size_t SkipBlanks(std::string_view text, size_t at) {
  while (at < text.size() && IsJsonBlank(text[at])) ++at;
  return at;
}

// Whether the key before the colon at text[colon] is `key`. A colon outside strings follows a quote
// that ends one; the quote before the key begins it unless a backslash makes it part of a longer
// key.
bool KeyIs(std::string_view text, size_t colon, std::string_view key) {
  size_t end = colon;
  while (end > 0 && IsJsonBlank(text[end - 1])) --end;
  if (end < key.size() + 3 || text[end - 1] != '"') return false;
  const size_t begin = end - 1 - key.size();
  return text[begin - 1] == '"' && text[begin - 2] != '\\' && text.substr(begin, key.size()) == key;
}

// The value that begins at text[begin]; empty when it does not end.
std::string_view TokenAt(std::string_view text, size_t begin) {
  if (begin >= text.size()) return {};
  const char first = text[begin];
  if (first != '"' && first != '{' && first != '[') {
    return text.substr(begin, JsonScalarSize(text, begin));
  }
  // Most are short strings without an escape.
  if (first == '"') {
    const size_t quote = text.find('"', begin + 1);
    if (quote == std::string_view::npos) return {};
    if (text[quote - 1] != '\\') return text.substr(begin, quote + 1 - begin);
  }
  JsonValueEnd value;
  value.Begin(first);
  size_t end = begin;
  if (value.Find(text, end) != JsonValueEnd::Outcome::kEnd) return {};
  return text.substr(begin, end - begin);
}

// One scan for all paths.
class FieldScan {
 public:
  FieldScan(std::string_view text, std::span<const JsonPath> paths,
            std::span<std::string_view> values)
      : text_(text), paths_(paths), values_(values), open_(paths.size()) {}

  void Run(size_t at) {
    while (at < text_.size() && open_ > 0) {
      const char* block = text_.data() + at;
      const size_t size = std::min(text_.size() - at, kJsonBlockSize);
      const JsonMarks marks =
          size == kJsonBlockSize ? blocks_.Next<true>(block) : blocks_.NextShort<true>(block, size);
      for (uint64_t bits = marks.brackets | marks.colons; bits != 0; bits &= bits - 1) {
        const size_t position = at + static_cast<size_t>(std::countr_zero(bits));
        const char c = text_[position];
        if (c == ':') {
          if (depth_ <= deepest_) AtColon(position);
        } else if (c == '{' || c == '[') {
          ++depth_;
        } else {
          AtClose();
        }
        if (open_ == 0) return;
      }
      at += size;
    }
  }

 private:
  // What is known of a path: so many of its keys have led to the object that is being read.
  struct Search {
    size_t level = 0;
    bool over = false;
  };

  void AtColon(size_t colon) {
    for (size_t i = 0; i < paths_.size(); ++i) {
      Search& search = searches_[i];
      const std::vector<std::string>& keys = paths_[i].keys();
      if (search.over || search.level + 1 != depth_ || !KeyIs(text_, colon, keys[search.level])) {
        continue;
      }
      const size_t begin = SkipBlanks(text_, colon + 1);
      if (search.level + 1 == keys.size()) {
        values_[i] = TokenAt(text_, begin);
        End(search);
      } else if (begin < text_.size() && text_[begin] == '{') {
        deepest_ = std::max(deepest_, ++search.level + 1);
      } else {
        End(search);
      }
    }
  }

  void AtClose() {
    if (depth_ > 0) --depth_;
    if (depth_ >= deepest_) return;
    // An object that a path had led to has ended without the key.
    for (size_t i = 0; i < paths_.size(); ++i) {
      if (!searches_[i].over && searches_[i].level + 1 > depth_) End(searches_[i]);
    }
    deepest_ = depth_;
  }

  void End(Search& search) {
    search.over = true;
    --open_;
  }

  const std::string_view text_;
  const std::span<const JsonPath> paths_;
  const std::span<std::string_view> values_;
  JsonBlocks blocks_;
  std::array<Search, kMostJsonFields> searches_;
  size_t open_;         // searches that are not over
  size_t depth_ = 0;    // brackets that are open
  size_t deepest_ = 1;  // no search looks deeper
};

}  // namespace

JsonPath::JsonPath(std::string_view dotted) {
  for (;;) {
    const size_t dot = dotted.find('.');
    keys_.emplace_back(dotted.substr(0, dot));
    if (dot == std::string_view::npos) return;
    dotted.remove_prefix(dot + 1);
  }
}

void JsonFields(std::string_view record, std::span<const JsonPath> paths,
                std::span<std::string_view> values) {
  if (paths.size() > kMostJsonFields || values.size() != paths.size()) std::abort();
  std::fill(values.begin(), values.end(), std::string_view());
  const size_t begin = SkipBlanks(record, 0);
  if (begin < record.size() && record[begin] == '{') FieldScan(record, paths, values).Run(begin);
}

std::optional<std::string_view> JsonField(std::string_view record, const JsonPath& path) {
  std::string_view value;
  JsonFields(record, std::span(&path, 1), std::span(&value, 1));
  if (value.empty()) return std::nullopt;
  return value;
}

std::optional<std::string_view> JsonText(std::string_view token, std::string& scratch) {
  if (token.empty() || token == "null") return std::nullopt;
  if (token.front() != '"') return token;
  if (token.find('\\') == std::string_view::npos) {
    if (token.size() < 2) return std::nullopt;
    return token.substr(1, token.size() - 2);
  }
  std::optional<std::string> text = UnescapeJsonString(token);
  if (!text) return std::nullopt;
  scratch = *std::move(text);
  return scratch;
}

}  // namespace collector
