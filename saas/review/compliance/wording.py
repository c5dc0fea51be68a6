"""Words that platforms or the law forbid, found in a text and marked where they stand."""

from __future__ import annotations

from collections.abc import Iterator

from saas.channels import Finding
from saas.review.compliance.normal import Lines, Normal, normalise
from saas.review.compliance.terms import Term, terms


def check_text(text: str, where: str, first_line: int = 0) -> list[Finding]:
    """A finding for each entry of the word lists and each line it stands on, with every place marked.

    ``first_line`` is the line of the file on which ``text`` begins; 0 for a text that has no lines of its own.
    Marks are offsets into ``text`` as given, whatever was normalised away in between.
    """
    normal = normalise(text)
    lines = Lines(text, first_line)
    found: dict[tuple[int, int], Finding] = {}
    for number, term in enumerate(terms()):
        for mark in _marks(term, normal):
            line = lines.at(mark[0]) if first_line else 0
            earlier = found.get((number, line))
            marks = (*earlier.marks, mark) if earlier else (mark,)
            found[(number, line)] = _finding(term, text, where, line, marks)
    return sorted(found.values(), key=lambda f: (f.line, f.marks))


def _marks(term: Term, normal: Normal) -> Iterator[tuple[int, int]]:
    excused = [match.span() for match in term.unless.finditer(normal.text)] if term.unless else []
    for match in term.pattern.finditer(normal.text):
        start, end = match.span()
        if start < end and not any((a <= start and end <= b) or (start <= a and b <= end and a < b) for a, b in excused):
            yield normal.mark(start, end)


def _finding(term: Term, text: str, where: str, line: int, marks: tuple[tuple[int, int], ...]) -> Finding:
    words = list(dict.fromkeys(" ".join(text[start:end].split()) for start, end in marks))
    zh = "、".join(f"“{word}”" for word in words)
    en = ", ".join(f"“{word}”" for word in words)
    message = (f"{term.message[0]}：{zh}", f"{term.message[1]}: {en}")
    return Finding(term.rule, term.severity, where, message, term.remedy, line, marks, term.law)
