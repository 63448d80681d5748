"""C++ as far as the style rules need it: the text without comments and literals, and where its
functions begin and end. Pure functions on text."""

from __future__ import annotations

import re
from dataclasses import dataclass

# In the order in which they win: a comment may hold a quotation mark and the other way round.
_LITERAL = re.compile(
    r"""
      (?P<line_comment> //(?:[^\n\\]|\\.|\\\n)* )
    | (?P<comment> /\*.*?\*/ )
    | (?P<raw> (?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)" )
    | (?P<text> "(?:[^"\\\n]|\\.|\\\n)*" )
    | (?P<number> \b\d(?:'?[\w.])* )
    | (?P<character> '(?:[^'\\\n]|\\.)+' )
    """,
    re.VERBOSE | re.DOTALL,
)
_DIRECTIVE = re.compile(r"^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE | re.DOTALL)
_TOKEN = re.compile(r"[A-Za-z_]\w*|::|->|&&|==|<=>|[^\s\w]|\d\w*")


def _blank(match: re.Match[str]) -> str:
    """As many lines, and an empty literal for a literal, so that what is around it stays sound."""
    kind, text = match.lastgroup, match.group()
    if kind == "number":
        return text
    left = {"raw": '""', "text": '""', "character": "0"}.get(kind or "", " ")
    return left + "\n" * text.count("\n")


def without_literals(text: str) -> str:
    """The text with comments taken out and literals emptied; every line keeps its number."""
    return _LITERAL.sub(_blank, text)


@dataclass(frozen=True)
class Function:
    name: str
    first_line: int  # of its signature
    last_line: int  # of its closing brace

    @property
    def lines(self) -> int:
        return self.last_line - self.first_line + 1


@dataclass(frozen=True)
class _Token:
    text: str
    line: int


def _tokens(text: str) -> list[_Token]:
    code = _DIRECTIVE.sub(lambda m: "\n" * m.group().count("\n"), without_literals(text))
    found, line, at = [], 1, 0
    for match in _TOKEN.finditer(code):
        line += code.count("\n", at, match.start())
        at = match.start()
        found.append(_Token(match.group(), line))
    return found


def _matching(tokens: list[_Token], start: int) -> int:
    """The index of the bracket that closes the one at `start`, or of the last token."""
    pairs = {"{": "}", "(": ")", "[": "]"}
    opening, closing = tokens[start].text, pairs[tokens[start].text]
    depth = 0
    for index in range(start, len(tokens)):
        depth += (tokens[index].text == opening) - (tokens[index].text == closing)
        if depth == 0:
            return index
    return len(tokens) - 1


def _without_template(head: list[_Token]) -> list[_Token]:
    """A declaration without `template <...>` before it, whose `class` would mislead."""
    while head and head[0].text == "template":
        depth, index = 0, 1
        for index in range(1, len(head)):
            depth += (head[index].text == "<") - (head[index].text == ">")
            if depth == 0:
                break
        head = head[index + 1 :]
    return head


def _first_parenthesis(head: list[_Token]) -> int | None:
    """Where the parameters of a declaration begin; None when it has none, or is an assignment."""
    angle = 0
    for index, token in enumerate(head):
        if "operator" in (before.text for before in head[max(0, index - 2) : index]):
            if token.text != "(" or head[index - 1].text == "operator":
                continue  # of operator=, operator<<, operator()
        if token.text == "<":
            angle += 1
        elif token.text == ">":
            angle = max(0, angle - 1)
        elif token.text == "=":
            return None
        elif token.text == "(" and angle == 0:
            return index
    return None


def _name(head: list[_Token], parenthesis: int) -> str:
    """`Devo::Send` of `Status Devo::Send(`, or `TEST(DevoFrame, AddsANewline)`."""
    words = [token.text for token in head[:parenthesis]]
    start = len(words) - 1
    joined = ("::", "~", "=", "(", ")", "[", "]", "<", ">")  # ~A, operator(), operator<<
    while start > 0 and (words[start - 1] in ("::", "~", "operator") or words[start] in joined):
        start -= 1
    name = "".join(words[max(0, start) :])
    if name.startswith(("TEST", "TYPED_TEST")):
        inside = head[parenthesis : _matching(head, parenthesis) + 1]
        name += "".join(token.text for token in inside).replace(",", ", ")
    return name


def _is_scope(head: list[_Token], parenthesis: int | None) -> bool:
    """A brace after `head` opens a namespace or a type."""
    words = [token.text for token in head]
    if words[:1] == ["namespace"] or words[:2] == ["inline", "namespace"]:
        return True
    if words[:1] == ["extern"]:
        return parenthesis is None
    if words[:1] and words[0] in ("class", "struct", "union", "enum", "typedef"):
        # a macro may stand before the name of a type; a function may return `struct X`
        return parenthesis is None or words[-1] not in (")", "const", "noexcept")
    return False


def _is_initializer(head: list[_Token], parenthesis: int | None) -> bool:
    """A brace after `head` holds values: a table's, or a member's in `Foo() : a_{1}, b_(2) {`."""
    if parenthesis is None:
        return True
    after = [token.text for token in head[_matching(head, parenthesis) + 1 :]]
    return ":" in after and after[-1] not in (")", "}", "try")


def _lambdas(tokens: list[_Token], start: int, end: int) -> list[Function]:
    """The outermost lambdas between two tokens: the functions of a table."""
    found = []
    index = start
    while index < end:
        begin = index
        before = tokens[index - 1].text if index else ""
        subscript = before in (")", "]") or before.isidentifier() and before != "return"
        if tokens[index].text == "[":
            index = _matching(tokens, index)
            after = index + 1
            if tokens[min(after, end)].text == "(":
                after = _matching(tokens, after) + 1
                while after < end and tokens[after].text not in ("{", ",", ";", ")", "}"):
                    after += 1
            if after <= end and tokens[after].text == "{" and not subscript:
                index = _matching(tokens, after)
                found.append(Function("lambda", tokens[begin].line, tokens[index].line))
        index += 1
    return found


def functions(text: str) -> list[Function]:
    """Every function with a body, in order; a lambda in a function is part of that function."""
    tokens = _tokens(text)
    found: list[Function] = []
    begin = index = 0  # of the declaration, and where we are
    while index < len(tokens):
        token, before = tokens[index].text, tokens[index - 1].text if index else ""
        if token in (";", "}") or token == ":" and before in ("public", "private", "protected"):
            begin = index + 1
        elif token == "(":
            index = _matching(tokens, index)  # a default argument may hold braces
        elif token == "{":
            head = _without_template(tokens[begin:index])
            parenthesis = _first_parenthesis(head)
            if _is_scope(head, parenthesis):
                begin = index + 1
            elif _is_initializer(head, parenthesis):
                first = begin if parenthesis is None else index
                index = _matching(tokens, index)
                found += _lambdas(tokens, first, index)
            else:
                index = _matching(tokens, index)
                name = _name(head, parenthesis or 0)
                found.append(Function(name, head[0].line, tokens[index].line))
                begin = index + 1
        index += 1
    return found
