"""Characters that look like those of a spec and are others: named by their code point, and replaced in a draft.

They come out of web pages, chats and word processors. Prose may hold any of them: comments, names, descriptions and
quoted texts without an expression are left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from msgspec import Struct

from cnnspec.engine.diagnostics import Diagnostic, Edit, Label, Repair, Sink, Source, listing
from cnnspec.engine.diagnostics.words import more_lines
from cnnspec.engine.syntax.draft import Draft

MAX_WIDTH = 1_000  # characters of a line that a person wrote
MAX_SUSPECTS = 2_000  # characters that are looked at in a text
PROSE = r"name|description|source|title|reference"
PROSE_KEY = re.compile(rf"^(?P<indent>\s*)(?:- +)?(?:{PROSE})\s*[:\uff1a](?P<value>.*)$")
PROSE_INSIDE = re.compile(rf"(?<=[{{,])\s*(?:{PROSE})\s*:\s*(?:\"[^\"]*\"|'[^']*'|[^,}}]*)")
QUOTED = re.compile(r"\"[^\"$]*\"|'[^'$]*'")
COMMENT = re.compile(r"(?:^|\s)#.*$")
EXPRESSION = re.compile(r"\$\([^#]*?\)(?=[\s,}\]]|$)|\$\([^#]*")

SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
INVISIBLE = "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"
QUOTES = {
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\uff02", '"'),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\uff07", "'"),
}
SIGNS = dict(zip("：，；（）［］｛｝＝＊＋／＄＃＜＞、", ":,;()[]{}=*+/$#<>,", strict=True))
LETTERS = dict(
    zip(
        "АВЕКМНОРСТУХЅІЈаеорсухіјѕԁԛԝ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
        "ABEKMHOPCTYXSIJaeopcyxijsdqw" + "ABEZHIKMNOPTYXo",
        strict=True,
    )
)
SUSPECT = re.compile(f"[{SPACES}{INVISIBLE}{DASHES}{''.join(QUOTES)}{''.join(SIGNS)}{''.join(LETTERS)}]")
WORD = re.compile(r"\w+")
EDGE = re.compile(r"[\s:,\-\[\]{}()\"'#*/+$]")


class LookAlike(Struct, frozen=True):
    """A character at a place (line from 1, column from 0), and what stands for it."""

    kind: str  # those of one kind are told in one message
    sign: str
    line: int
    column: int
    plain: str
    word: str = ""  # that a letter is part of


def without_look_alikes(source: Source, sink: Sink) -> Draft | None:
    """A draft of the text with each of them replaced, which is reported; None where there are none."""
    found = list(_found(source))
    if not found:
        return None
    draft = Draft(source)
    for kind in dict.fromkeys(mark.kind for mark in found):
        sink.add(_reported(source, [mark for mark in found if mark.kind == kind]))
    for mark in reversed(found):
        draft.put(mark.line, mark.column, mark.column + 1, mark.plain)
    return draft


def _found(source: Source) -> Iterator[LookAlike]:
    """All of a text, in its order."""
    if not SUSPECT.search(source.text):
        return
    examined = 0
    prose: int | None = None  # the indentation of a key whose text goes on in the lines below
    for number, text in enumerate(source.lines, 1):
        indent = len(text) - len(text.lstrip())
        if prose is not None and (not text.strip() or indent > prose):
            continue
        prose = None
        match = PROSE_KEY.match(text)
        if match and match["value"].strip()[:1] in ("", "|", ">"):
            prose = len(match["indent"])
        if len(text) <= MAX_WIDTH and (suspects := len(SUSPECT.findall(text))):
            examined += suspects
            if examined > MAX_SUSPECTS:
                return
            yield from _in_line(number, text, len(text) - len(match["value"]) if match else len(text))


def _in_line(number: int, text: str, end: int) -> Iterator[LookAlike]:
    text = _hidden(text[:end], COMMENT, PROSE_INSIDE, QUOTED)
    expressions = [(match.start(), match.end()) for match in EXPRESSION.finditer(text)]
    words = (
        {at: word for word in WORD.finditer(text) for at in range(word.start(), word.end())} if _letters(text) else {}
    )
    for column, sign in enumerate(text):
        if sign.isascii() or not SUSPECT.match(sign):
            continue
        inside = any(start <= column < end for start, end in expressions)
        for rule in (_space, _invisible, _dash, _quote, _sign):
            if mark := rule(number, text, column, inside):
                yield mark
                break
        else:
            if sign in LETTERS and column in words and _is_latin(text, words[column]):
                word = words[column][0]
                yield LookAlike(f"letter of {word}", sign, number, column, LETTERS[sign], word)


def _hidden(text: str, *patterns: re.Pattern[str]) -> str:
    """The line with what is prose blanked out; columns stay."""
    for pattern in patterns:
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    return text


def _space(number: int, text: str, column: int, inside: bool) -> LookAlike | None:
    """In the indentation, beside a sign, at the end of a line or in an expression; inside a text it may be meant."""
    sign, before, after = text[column], text[:column], text[column + 1 :]
    if sign not in SPACES:
        return None
    edge = not before.strip() or not after.strip() or EDGE.match(before[-1]) or EDGE.match(after[0])
    return LookAlike("space", sign, number, column, " ") if edge or inside else None


def _invisible(number: int, text: str, column: int, _: bool) -> LookAlike | None:
    sign = text[column]
    return LookAlike("invisible", sign, number, column, "") if sign in INVISIBLE else None


def _dash(number: int, text: str, column: int, inside: bool) -> LookAlike | None:
    """At the start of an item, before a number, or in an expression."""
    sign, before, after = text[column], text[:column], text[column + 1 :]
    if sign not in DASHES:
        return None
    item = not before.strip("- ") and after[:1].isspace()
    of_number = after[:1].isdigit() and (not before.strip() or before[-1] in " [,({:")
    return LookAlike("dash", sign, number, column, "-") if item or of_number or inside else None


def _quote(number: int, text: str, column: int, inside: bool) -> LookAlike | None:
    """Around a value or in an expression."""
    sign, before, after = text[column], text[:column].rstrip(), text[column + 1 :].lstrip()
    if sign not in QUOTES:
        return None
    opens = not before or before[-1] in ":-[{,("
    closes = not after or after[0] in ",]}):#"
    return LookAlike("quote", sign, number, column, QUOTES[sign]) if opens or closes or inside else None


def _sign(number: int, text: str, column: int, inside: bool) -> LookAlike | None:
    """A colon after a key, a comma or a bracket of a list, a sign in an expression."""
    sign, before, after = text[column], text[:column], text[column + 1 :]
    plain = SIGNS.get(sign, "")
    key = plain == ":" and re.search(r"(?:^|[-{,\uff0c]) *[\w.$]+ *$", before) is not None
    in_list = plain in (",", "]", "}", ")") and re.search(r"[\[{(\uff3b\uff5b\uff08]", before) is not None
    opens = plain in ("[", "{") and re.search(r"[:\uff1a\-,\[{] *$", before) is not None
    if not plain or not (key or in_list or opens or inside or (plain in "($" and re.search(r"\$$|[: ]$", before))):
        return None
    spaced = plain in ":," and not inside and after[:1].strip() != ""
    return LookAlike("sign", sign, number, column, plain + " " * spaced)


def _letters(text: str) -> bool:
    return any(sign in LETTERS for sign in text)


def _is_latin(text: str, word: re.Match[str]) -> bool:
    """Whether a word is meant in Latin letters: it has some, or is a key or a param, and all others look like one."""
    others = [sign for sign in word[0] if not sign.isascii()]
    if any(sign not in LETTERS for sign in others):
        return False
    latin = re.search(r"[A-Za-z0-9_]", word[0]) is not None
    return latin or text[word.end() :].lstrip()[:1] == ":" or text[: word.start()].endswith(("$", "$("))


# --------------------------------------------------------------------------------------------------- the messages


def _named(sign: str) -> str:
    """``no-break space (U+00A0)``."""
    name = {"\ufeff": "byte order mark"}.get(sign) or unicodedata.name(sign, "character").lower()
    name = name.replace("cyrillic", "Cyrillic").replace("greek", "Greek")
    return f"{name} (U+{ord(sign):04X})"


MESSAGES: dict[str, tuple[str, str]] = {
    "space": ("{a} instead of a space", "write a space"),
    "invisible": ("an invisible character: {name}", "remove it"),
    "dash": ("{a} instead of a hyphen", "write `-`"),
    "quote": ("{a} instead of a straight quote", "write `{plain}`"),
    "sign": ("{a} instead of `{plain}`", "write `{plain}`"),
}


def _reported(source: Source, marks: list[LookAlike]) -> Diagnostic:
    """One diagnostic for all characters of a kind, at the first of them."""
    first = marks[0]
    name = _named(first.sign)
    a = f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
    plain = first.plain.strip()
    if first.word:
        letters = listing([f"`{mark.plain}`" for mark in marks if mark.line == first.line and mark.word == first.word])
        latin = "".join(LETTERS.get(sign, sign) for sign in first.word)
        message, help = f"{a} in `{first.word}` looks like {letters}", f"write `{latin}` in Latin letters"
    else:
        said, do = MESSAGES[first.kind]
        message, help = said.format(a=a, name=name, plain=plain), do.format(plain=plain)
    edits = tuple(Edit(source.span(mark.line, mark.column + 1), mark.plain) for mark in marks)
    run = _run(marks)
    others = [mark.line for mark in marks[len(run) :]]
    more = more_lines([first.line, *others])
    place = Label(source.span(first.line, first.column + 1, len(run) if not first.word else 1))
    notes = (more,) if more else ()
    return Diagnostic("look-alike", message, place, notes=notes, help=help, repairs=(Repair(help, edits, safe=True),))


def _run(marks: list[LookAlike]) -> list[LookAlike]:
    """Those that stand side by side with the first, or in its word."""
    run = marks[:1]
    for mark in marks[1:]:
        beside = mark.column == run[-1].column + 1 or mark.word != ""
        if mark.line != run[-1].line or not beside:
            break
        run.append(mark)
    return run
