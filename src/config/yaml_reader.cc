#include "config/yaml_reader.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "config/text_check.h"

namespace collector {
namespace {

// yaml-cpp counts from 0 and in bytes. Marks come in nearly rising order, so that remembering the
// last place keeps the conversion linear for a file that is one long line.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {
    line_starts_.push_back(0);
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') line_starts_.push_back(i + 1);
    }
  }

  Position At(const YAML::Mark& mark) {
    if (mark.is_null()) return {};
    const size_t line = std::min<size_t>(std::max(mark.line, 0), line_starts_.size() - 1);
    const size_t start = line_starts_[line];
    const size_t offset = std::min(start + std::max(mark.column, 0), text_.size());
    if (line != line_ || offset < offset_) {
      line_ = line;
      offset_ = start;
      column_ = 1;
    }
    while (offset_ < offset) {
      offset_ += std::max<size_t>(Utf8CharacterSize(text_.substr(offset_)), 1);
      ++column_;
    }
    return {static_cast<int>(line) + 1, column_};
  }

  // The rest of the text from `mark` on.
  std::string_view From(const YAML::Mark& mark) const {
    const size_t line = std::min<size_t>(std::max(mark.line, 0), line_starts_.size() - 1);
    return text_.substr(std::min(line_starts_[line] + std::max(mark.column, 0), text_.size()));
  }

  // yaml-cpp puts an empty item of a list where the next token begins: this is where its dash is.
  Position OfEmptyItem(const YAML::Mark& mark) {
    size_t end = text_.size() - From(mark).size();
    while (end > 0 && std::string_view(" \t\r\n").find(text_[end - 1]) != std::string_view::npos) {
      --end;
    }
    if (end == 0 || text_[end - 1] != '-') return At(mark);
    const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), end - 1);
    YAML::Mark dash;
    dash.line = static_cast<int>(next - line_starts_.begin()) - 1;
    dash.column = static_cast<int>(end - 1 - *(next - 1));
    return At(dash);
  }

 private:
  const std::string_view text_;
  std::vector<size_t> line_starts_;
  size_t line_ = 0;
  size_t offset_ = 0;
  int column_ = 1;
};

constexpr char kOpenQuote[] = "a quotation mark without its partner";

struct Weight {
  size_t nodes = 1;
  size_t text = 0;
  int height = 1;
};

Weight Weigh(const YamlNode& node) {
  Weight sum{1, node.text.size(), 1};
  for (const YamlKey& key : node.keys) sum.text += key.text.size();
  for (const YamlNode& item : node.items) {
    const Weight w = Weigh(item);
    sum.nodes += w.nodes;
    sum.text += w.text;
    sum.height = std::max(sum.height, w.height + 1);
  }
  return sum;
}

// Builds the tree from yaml-cpp's events. What makes the rest of the file meaningless is thrown as
// yaml-cpp's own exception, through yaml-cpp, to ReadYaml.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, Diagnostics& diagnostics)
      : places_(text), diagnostics_(diagnostics) {}

  Position At(const YAML::Mark& mark) { return places_.At(mark); }
  YamlNode TakeRoot() { return std::move(root_); }

  // yaml-cpp takes a quotation mark that is never closed for one that the file's end closes, so
  // that half a file would pass. Only the last text can be such a one.
  void CheckLastQuote() const {
    if (!last_is_quoted_) return;
    std::string_view rest = places_.From(last_scalar_);
    const size_t begin = rest.find_first_of("\"'");
    if (begin == std::string_view::npos) return;
    const char quote = rest[begin];
    for (size_t i = begin + 1; i < rest.size(); ++i) {
      const bool is_escape = quote == '"' ? rest[i] == '\\' : rest.substr(i).starts_with("''");
      if (is_escape) {
        ++i;
      } else if (rest[i] == quote) {
        return;
      }
    }
    throw YAML::ParserException(last_scalar_, kOpenQuote);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      throw YAML::ParserException(mark, "a second document begins here; expected one a file");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (ExpectsKey()) throw YAML::ParserException(mark, "a key is missing here");
    YamlNode node;
    const bool in_list = !frames_.empty() && frames_.back().node.kind == YamlNode::Kind::kList;
    node.at = in_list ? places_.OfEmptyItem(mark) : places_.At(mark);
    Finish(std::move(node), anchor, mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (ExpectsKey()) throw YAML::ParserException(mark, "an alias cannot be a key");
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) throw YAML::ParserException(mark, "an alias that holds itself");
    const Weight weight = Weigh(it->second);
    Charge(weight, mark);
    Put(it->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    CheckTag(mark, tag);
    last_scalar_ = mark;
    last_is_quoted_ = tag == "!";
    if (ExpectsKey()) {
      Charge({1, value.size(), 1}, mark);
      Frame& frame = frames_.back();
      frame.node.keys.push_back({value, places_.At(mark), tag == "?"});
      return;
    }
    YamlNode node = Begin(mark, YamlNode::Kind::kScalar);
    node.text = value;
    Finish(std::move(node), anchor, mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override {
    DropEqualKeys(frames_.back().node);
    Merge(frames_.back().node);
    Close();
  }

 private:
  struct Frame {
    YamlNode node;
    YAML::anchor_t anchor;
    YAML::Mark mark;
  };

  bool ExpectsKey() const {
    if (frames_.empty()) return false;
    const YamlNode& node = frames_.back().node;
    return node.kind == YamlNode::Kind::kMap && node.keys.size() == node.items.size();
  }

  static void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    static constexpr std::string_view kKnown[] = {"",
                                                  "?",
                                                  "!",
                                                  "tag:yaml.org,2002:str",
                                                  "tag:yaml.org,2002:int",
                                                  "tag:yaml.org,2002:float",
                                                  "tag:yaml.org,2002:bool",
                                                  "tag:yaml.org,2002:map",
                                                  "tag:yaml.org,2002:seq"};
    if (std::find(std::begin(kKnown), std::end(kKnown), tag) == std::end(kKnown)) {
      throw YAML::ParserException(mark, "a YAML tag that has no meaning here");
    }
  }

  YamlNode Begin(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.at = places_.At(mark);
    return node;
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    CheckTag(mark, tag);
    if (ExpectsKey()) {
      throw YAML::ParserException(
          mark, "a key must be a word, not a list or a map; or is a bracket not closed?");
    }
    Charge({1, 0, 1}, mark);
    frames_.push_back({Begin(mark, kind), anchor, mark});
  }

  void Close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.anchor != 0) anchors_[frame.anchor] = frame.node;
    Put(std::move(frame.node));
  }

  void Finish(YamlNode node, YAML::anchor_t anchor, const YAML::Mark& mark) {
    Charge({1, node.text.size(), 1}, mark);
    if (anchor != 0) anchors_[anchor] = node;
    Put(std::move(node));
  }

  void Put(YamlNode node) {
    (frames_.empty() ? root_ : frames_.back().node.items.emplace_back()) = std::move(node);
  }

  void Charge(const Weight& weight, const YAML::Mark& mark) {
    nodes_ += weight.nodes;
    text_ += weight.text;
    if (static_cast<int>(frames_.size()) + weight.height > kMaxYamlDepth) {
      throw YAML::ParserException(mark, fmt::format("nested deeper than {} levels", kMaxYamlDepth));
    }
    if (nodes_ > kMaxYamlNodes || text_ > kMaxYamlText) {
      throw YAML::ParserException(
          mark, fmt::format("more than {} values or {} MiB of text, with aliases written out",
                            kMaxYamlNodes, kMaxYamlText >> 20));
    }
  }

  void DropEqualKeys(YamlNode& map) {
    std::map<std::string, Position> first;
    size_t kept = 0;
    for (size_t i = 0; i < map.keys.size(); ++i) {
      const auto [it, is_new] = first.emplace(map.keys[i].text, map.keys[i].at);
      if (!is_new) {
        diagnostics_.Error(map.keys[i].at,
                           fmt::format("the key {} is here twice, first in line {}; expected once",
                                       Quoted(map.keys[i].text), it->second.line));
        continue;
      }
      if (kept != i) {
        map.keys[kept] = std::move(map.keys[i]);
        map.items[kept] = std::move(map.items[i]);
      }
      ++kept;
    }
    map.keys.resize(kept);
    map.items.resize(kept);
  }

  static void Remove(YamlNode& map, size_t index) {
    map.keys.erase(map.keys.begin() + static_cast<std::ptrdiff_t>(index));
    map.items.erase(map.items.begin() + static_cast<std::ptrdiff_t>(index));
  }

  void Merge(YamlNode& map) {
    for (size_t i = 0; i < map.keys.size(); ++i) {
      if (!map.keys[i].plain || map.keys[i].text != "<<") continue;
      const YamlNode source = std::move(map.items[i]);
      const Position at = map.keys[i].at;
      Remove(map, i);
      const bool is_list = source.kind == YamlNode::Kind::kList;
      for (const YamlNode& from : is_list ? source.items : std::vector<YamlNode>{source}) {
        if (from.kind == YamlNode::Kind::kMap) {
          MergeInto(map, from);
        } else {
          diagnostics_.Error(at, "<<: expected a map, an alias of one or a list of them");
        }
      }
      return;
    }
  }

  static void MergeInto(YamlNode& map, const YamlNode& from) {
    for (size_t i = 0; i < from.keys.size(); ++i) {
      if (map.Find(from.keys[i].text) != nullptr) continue;
      map.keys.push_back(from.keys[i]);
      map.items.push_back(from.items[i]);
    }
  }

  Places places_;
  Diagnostics& diagnostics_;
  YamlNode root_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  size_t nodes_ = 0;
  size_t text_ = 0;
  int documents_ = 0;
  YAML::Mark last_scalar_;
  bool last_is_quoted_ = false;
};

// yaml-cpp's words, with what to do where a person would ask.
std::string Explain(const std::string& message) {
  if (message.find("illegal tab") != std::string::npos) {
    return "a tab in the indentation; expected spaces";
  }
  if (message.find("illegal map value") != std::string::npos) {
    return "a colon where no key can stand; is the indentation right, or should the value be in "
           "quotation marks?";
  }
  if (message == "end of map not found" || message == "illegal block entry") {
    return message + "; is the indentation right?";
  }
  if (message.starts_with(YAML::ErrorMsg::INVALID_UNICODE)) {
    return "an escape that is no character; write the character itself instead of \\u escapes of "
           "two halves";
  }
  if (message == YAML::ErrorMsg::EOF_IN_SCALAR) return kOpenQuote;
  if (message.find("flow not found") != std::string::npos) {
    return message + "; is a bracket, a brace or a comma missing before this place?";
  }
  // What follows is a piece of the file, which may be a piece of a secret.
  return message.substr(0, message.find(": "));
}

}  // namespace

std::optional<YamlNode> ReadYaml(std::string_view text, Diagnostics& diagnostics) {
  text = WithoutByteOrderMark(text);
  if (text.size() > kMaxConfigBytes) {
    diagnostics.Error({}, fmt::format("the file has {} bytes; expected at most {}", text.size(),
                                      kMaxConfigBytes));
    return {};
  }
  if (auto fault = CheckText(text)) {
    diagnostics.Error(fault->at, std::move(fault->text));
    return {};
  }
  TreeBuilder builder(text, diagnostics);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    builder.CheckLastQuote();
  } catch (const YAML::Exception& e) {
    diagnostics.Error(builder.At(e.mark), "not valid YAML: " + Explain(e.msg));
    return {};
  } catch (const std::exception& e) {
    // std::out_of_range and the like from inside of yaml-cpp.
    diagnostics.Error({}, fmt::format("not valid YAML: {}", e.what()));
    return {};
  }
  return builder.TakeRoot();
}

}  // namespace collector
