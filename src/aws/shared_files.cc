#include "aws/shared_files.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/file.h"

namespace collector::aws {
namespace {

// Reads line by line; a value is finished when the next key, section or the end comes.
class IniReader {
 public:
  explicit IniReader(std::string_view name) : name_(name) {}

  Result<IniFile> Read(std::string_view text) {
    if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find_first_of("\r\n", at), text.size());
      ++line_number_;
      if (auto read = ReadLine(text.substr(at, end - at)); !read) return Propagate(read);
      at = end + 1;
      if (end + 1 < text.size() && text[end] == '\r' && text[end + 1] == '\n') ++at;
    }
    if (auto finished = FinishValue(); !finished) return Propagate(finished);
    return std::move(file_);
  }

 private:
  tl::unexpected<Error> FailAt(int line, std::string_view what) const {
    return Fail(ErrorKind::kRejected, fmt::format("{}:{}: {}", name_, line, what));
  }

  Status ReadLine(std::string_view line) {
    const std::string_view content = TrimAscii(line);
    if (content.empty()) {
      if (value_ != nullptr) lines_.emplace_back();  // an empty line may stand inside a value
      return {};
    }
    if (content.front() == '#' || content.front() == ';') return {};
    const size_t indent = line.find_first_not_of(kAsciiSpace);
    if (value_ != nullptr && indent > indent_) {
      lines_.emplace_back(content);
      return {};
    }
    indent_ = indent;
    if (auto finished = FinishValue(); !finished) return finished;
    const size_t close = content.rfind(']');
    if (content.front() == '[' && close != std::string_view::npos && close > 1) {
      return BeginSection(content.substr(1, close - 1));
    }
    return BeginValue(content);
  }

  Status BeginSection(std::string_view name) {
    const auto [entry, fresh] = file_.emplace(name, IniSection{});
    if (!fresh) return FailAt(line_number_, fmt::format("the section [{}] stands twice", name));
    section_ = &entry->second;
    return {};
  }

  Status BeginValue(std::string_view content) {
    // The line is not quoted: it may hold a secret.
    if (section_ == nullptr) return FailAt(line_number_, "a [section] has to come first");
    const size_t delimiter = content.find_first_of("=:");
    const std::string_view key = TrimAscii(content.substr(0, delimiter));
    if (delimiter == std::string_view::npos || key.empty()) {
      return FailAt(line_number_, "neither a [section] nor `key = value`");
    }
    const auto [entry, fresh] = section_->emplace(LowerAscii(key), IniValue{});
    if (!fresh) return FailAt(line_number_, fmt::format("the key {} stands twice", key));
    value_ = &entry->second;
    value_line_ = line_number_;
    lines_ = {std::string(TrimAscii(content.substr(delimiter + 1)))};
    return {};
  }

  Status FinishValue() {
    if (value_ == nullptr) return {};
    while (!lines_.empty() && lines_.back().empty()) lines_.pop_back();
    IniValue& value = *value_;
    value_ = nullptr;
    if (lines_.size() < 2 || !lines_.front().empty()) {
      value.text = fmt::format("{}", fmt::join(lines_, "\n"));
      return {};
    }
    for (const std::string& line : lines_) {
      if (line.empty()) continue;
      const size_t equals = line.find('=');
      if (equals == std::string::npos) {
        return FailAt(value_line_, "a line of the indented block is not `key = value`");
      }
      value.block[std::string(TrimAscii(line.substr(0, equals)))] =
          TrimAscii(line.substr(equals + 1));
    }
    return {};
  }

  const std::string_view name_;
  IniFile file_;
  IniSection* section_ = nullptr;
  IniValue* value_ = nullptr;
  std::vector<std::string> lines_;  // of value_
  int value_line_ = 0;
  size_t indent_ = 0;
  int line_number_ = 0;
};

std::filesystem::path Expand(std::string path, const Environment& environment) {
  if (path == "~" || path.substr(0, 2) == "~/") {
    path.replace(0, 1, environment.Get("HOME").value_or(""));
  }
  return path;
}

}  // namespace

Result<IniFile> ParseIni(std::string_view text, std::string_view name) {
  return IniReader(name).Read(text);
}

Result<IniFile> LoadIni(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return IniFile{};
  const auto text = ReadFile(path);
  if (!text) return Propagate(text);
  return ParseIni(*text, path.string());
}

SharedFilePaths FindSharedFiles(const Environment& environment) {
  return {Expand(environment.Get("AWS_CONFIG_FILE").value_or("~/.aws/config"), environment),
          Expand(environment.Get("AWS_SHARED_CREDENTIALS_FILE").value_or("~/.aws/credentials"),
                 environment)};
}

std::string ProfileName(std::string_view profile, const Environment& environment) {
  if (!profile.empty()) return std::string(profile);
  return environment.Get("AWS_PROFILE").value_or("default");
}

const IniSection* FindSection(const IniFile& config, std::string_view kind, std::string_view name) {
  for (const auto& [title, section] : config) {
    if (title.substr(0, kind.size()) != kind || title.size() == kind.size()) continue;
    std::string_view rest = std::string_view(title).substr(kind.size());
    if (kAsciiSpace.find(rest.front()) == std::string_view::npos) continue;
    rest = TrimAscii(rest);
    const bool quoted = rest.size() >= 2 && rest.front() == rest.back() &&
                        (rest.front() == '"' || rest.front() == '\'');
    if (quoted) rest = rest.substr(1, rest.size() - 2);
    if (!quoted && rest.find_first_of(kAsciiSpace) != std::string_view::npos) continue;
    if (rest == name) return &section;
  }
  const auto plain = config.find("default");
  return kind == "profile" && name == "default" && plain != config.end() ? &plain->second : nullptr;
}

std::string TextOf(const IniSection& section, std::string_view key) {
  const auto found = section.find(std::string(key));
  return found == section.end() ? std::string() : found->second.text;
}

}  // namespace collector::aws
