// XML documents as S3 takes and gives them. Pure; any thread.
#ifndef COLLECTOR_SETUP_XML_TEXT_H_
#define COLLECTOR_SETUP_XML_TEXT_H_

#include <string>

#include "aws/document_operations.h"
#include "base/result.h"

namespace pugi {
class xml_document;
class xml_node;
}  // namespace pugi

namespace collector::setup {

// kRetry: it is no XML.
Result<aws::XmlAnswer> ParseXml(const std::string& text);

// The root of a new document in S3's namespace.
pugi::xml_node NewDocument(pugi::xml_document& document, const char* root);

// <name>text</name> as the last child of `parent`.
void AppendText(pugi::xml_node parent, const char* name, const std::string& text);

std::string XmlText(const pugi::xml_document& document);

}  // namespace collector::setup

#endif  // COLLECTOR_SETUP_XML_TEXT_H_
