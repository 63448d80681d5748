#include "setup/xml_text.h"

#include <sstream>

#include <pugixml.hpp>

namespace collector::setup {

Result<aws::XmlAnswer> ParseXml(const std::string& text) {
  return aws::ParseXmlAnswer(http::Response{200, {}, text});
}

pugi::xml_node NewDocument(pugi::xml_document& document, const char* root) {
  pugi::xml_node node = document.append_child(root);
  node.append_attribute("xmlns").set_value("http://s3.amazonaws.com/doc/2006-03-01/");
  return node;
}

void AppendText(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

std::string XmlText(const pugi::xml_document& document) {
  std::ostringstream text;
  document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
  return text.str();
}

}  // namespace collector::setup
