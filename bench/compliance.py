"""How right the compliance checks are, on sentences written for it, and how fast twenty thousand words are looked for.

Beside each stands what a plain list does: every literal word of the same packs, searched with ``in`` in the text as written.
"""

from __future__ import annotations

import random
import re
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bench.row import Row, Size
from saas.channels.wording import normalise
from saas.channels.wording.lists import Term
from saas.channels.wording.scan import Scanner
from saas.review.compliance.packs import NAMES, built_in
from saas.review.compliance.wording import check_text

CASES = Path(__file__).with_name("compliance_cases")
DAY = date(2026, 11, 22)
TERMS, LETTERS, GOAL_MS = 20_000, 50_000, 5.0
Span = tuple[int, int]
Checker = Callable[["Case"], list[Span]]


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence; ``faults`` are the places that must be marked."""

    text: str
    faults: tuple[Span, ...]
    trades: tuple[str, ...]
    topic: str


@dataclass(slots=True)
class Score:
    """``marks`` made and how many of them ``right``; ``faults`` there were and how many ``found``."""

    marks: int = 0
    right: int = 0
    faults: int = 0
    found: int = 0

    @property
    def precision(self) -> float:
        """Right marks of all marks."""
        return self.right / self.marks if self.marks else 1.0

    @property
    def recall(self) -> float:
        """Found faults of all faults."""
        return self.found / self.faults if self.faults else 1.0


def run(size: Size) -> list[Row]:
    """The held-out part decides; the development part is told beside it."""
    held_out, development = list(cases("held_out")), list(cases("development"))
    ours, tuned, plain = score(held_out, marked), score(development, marked), score(held_out, by_plain_list())
    honest = sum(not case.faults for case in held_out)
    of = f"{len(held_out)} held-out sentences, {honest} of them honest"
    return [
        _right("precision", of, ours.precision, 0.95, plain.precision, tuned.precision, f"{ours.right} of {ours.marks} marks"),
        _right("recall", of, ours.recall, 0.9, plain.recall, tuned.recall, f"{ours.found} of {ours.faults} faults"),
        scan_row(size),
    ]


def _right(name: str, of: str, value: float, goal: float, plain: float, tuned: float, counted: str) -> Row:
    detail = f"{counted}; {tuned:.3f} on the development part"
    return Row(name, f"{name} on {of}", value, goal, "share", f"plain list {plain:.3f}", "more", detail, baseline_value=plain)


def cases(part: str) -> Iterator[Case]:
    """The sentences of a part."""
    for file in sorted((CASES / part).glob("*.toml")):
        for group in tomllib.loads(file.read_text(encoding="utf-8"))["set"]:
            for text in group["texts"]:
                plain, faults = _faults(text)
                yield Case(plain, faults, tuple(group.get("trades", ())), group["topic"])


def _faults(text: str) -> tuple[str, tuple[Span, ...]]:
    """The text without its brackets, and what stood in them."""
    plain, faults, start = "", [], 0
    for piece in re.split("([⟦⟧])", text):
        if piece == "⟦":
            start = len(plain)
        elif piece == "⟧":
            faults.append((start, len(plain)))
        else:
            plain += piece
    return plain, tuple(faults)


def score(of: Sequence[Case], checker: Checker) -> Score:
    """A mark is right where it lies on a fault; a fault is found where a mark lies on it."""
    total = Score()
    for case in of:
        marks = checker(case)
        total.marks += len(marks)
        total.right += sum(any(_meet(mark, fault) for fault in case.faults) for mark in marks)
        total.faults += len(case.faults)
        total.found += sum(any(_meet(mark, fault) for mark in marks) for fault in case.faults)
    return total


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def marked(case: Case) -> list[Span]:
    """What the product marks as more than a note."""
    found = check_text(case.text, "case", 0, case.trades, DAY)
    return [mark for finding in found if finding.severity != "note" for mark in finding.marks]


def by_plain_list() -> Checker:
    """The literal words of all packs, searched as they are."""
    words = sorted({word for term in _terms() for word in term.words})

    def check(case: Case) -> list[Span]:
        return [(at, at + len(word)) for word in words if (at := case.text.find(word)) >= 0]

    return check


def _terms() -> list[Term]:
    return [term for name in NAMES for term in built_in(name).terms]


def scan_row(size: Size) -> Row:
    """Twenty thousand words over fifty thousand letters, with their places and exceptions; the whole check is told beside it."""
    terms, text = _filled(_terms()), _article()
    words, whole, normal = Scanner([_words_alone(term) for term in terms]), Scanner(terms), normalise(text).text
    rounds = max(5, 5 * size.rounds)
    looked, checked = _best(rounds, lambda: words.scan(normal, (), DAY)), _best(rounds, lambda: whole.scan(normal, (), DAY))
    normalising = _best(rounds, lambda: normalise.__wrapped__(text))
    listed = sorted({word for term in terms for word in term.words})
    plain = _best(1, lambda: [word for word in listed if word in text])
    hits = len(words.scan(normal, (), DAY))
    beside = f"normalising {normalising:.1f} ms, with patterns and sounds {checked:.1f} ms"
    detail = f"{hits} hits; {beside}; CPU time, best of {rounds} rounds"
    title = f"{len(listed):,} words looked for in {len(text):,} characters, with exceptions"
    return Row("scan", title, looked, GOAL_MS, "ms", f"plain list {plain:.0f} ms", "less", detail, baseline_value=plain)


def _words_alone(term: Term) -> Term:
    return replace(term, pattern=None, anchors=(), sound=False)


def _best(rounds: int, work: Callable[[], object]) -> float:
    """Milliseconds of CPU, the best of some rounds: what other programs of the machine do only ever adds."""
    work()
    return min(_timed(work) for _ in range(rounds)) * 1e3


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _filled(terms: list[Term]) -> list[Term]:
    """The terms of the packs, and words of two and three letters until there are enough."""
    words = {word for term in terms for word in term.words}
    letters = [chr(code) for code in range(0x4E00, 0x9F00, 7)]
    pick = random.Random(7)
    while len(words) < TERMS:
        words.add("".join(pick.choices(letters, k=pick.choice((2, 3, 4)))))
    known = {word for term in terms for word in term.words}
    more = Term("filled", "warn", "bench", ("词", "word"), ("改", "change"), tuple(sorted(words - known)))
    return [*terms, more]


PROSE = (
    "清晨七点，面包师推开店门，先给酵母换一次水。",
    "云南的豆子今天到货，麻袋上写着采收的日期。",
    "水烧到九十一度，等三十秒再注水，粉层会慢慢鼓起来。",
    "窗边的位置一到下午就坐满了人，有人看书，有人写信。",
    "医院楼下新修了一条步道，两旁种着樟树和桂花。",
    "猫打喷嚏不一定是感冒，先看看是不是换了猫砂。",
    "望远镜对着那片看不见星星的天区，曝光了十天。",
    "照片传回来的时候，屏幕上一共数出三千个亮点，每一个都是一个星系。",
    "孩子们把问题写在卡片上，贴满了整面墙。",
    "讲解员说，光走到这里用了一百三十亿年。",
    "周六的市集从十点开到傍晚，雨天改到室内。",
    "请带上自己的杯子，洗手间旁边有饮水机。",
    "老板记得每位熟客的口味，也记得他们的狗叫什么。",
    "这条路走到底是码头，晚上有人在那里唱歌。",
    "编辑把稿子改了四遍，仍然觉得开头太长。",
    "仓库里剩下六箱杯子，下个月要清点一次。",
)


def _article() -> str:
    """A long text as they are written: ordinary sentences, every fortieth with a fault, every tenth full of the lists' words."""
    honest = [case.text for part in ("development", "held_out") for case in cases(part) if not case.faults]
    faulty = [case.text for case in cases("development") if case.faults]
    pick, parts, length = random.Random(11), [], 0
    while length < LETTERS:
        sentence = pick.choice(pick.choices((faulty, honest, PROSE), (1, 4, 35))[0])
        parts.append(sentence + ("\n" if pick.random() < 0.2 else ""))
        length += len(parts[-1])
    return "".join(parts)[:LETTERS]
