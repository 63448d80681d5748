// The lines that the console and file outputs write: one record, one line, always. Pure functions;
// any thread.
#ifndef COLLECTOR_OUTPUTS_TEXT_FORMAT_H_
#define COLLECTOR_OUTPUTS_TEXT_FORMAT_H_

#include <string>
#include <string_view>

#include "collect/batch.h"
#include "outputs/settings.h"

namespace collector {

// Appends the record's line with its "\n".
//
// kJson: {"time":"2023-06-02T08:31:15.123Z","tag":"my.app.a.b","message":"..."}. The time is UTC
// and always 24 characters long, so that lines sort by it. The message is whole, its own final
// newline too; what it holds of ill-formed UTF-8 becomes U+FFFD (utf8.h), so that the line is JSON
// (RFC 8259) whatever came. A parser gets back every other byte.
//
// kPlain: the message's bytes and a "\n", unless it ends in one. A newline inside becomes a space:
// JSON stays JSON, as a newline in it is only ever white space, and a tool that reads lines gets
// one record each. Whoever needs such newlines back takes kJson.
void AppendLine(TextFormat format, std::string_view tag, const Record& record, std::string& out);

}  // namespace collector

#endif  // COLLECTOR_OUTPUTS_TEXT_FORMAT_H_
