"""A quarter of an agency, played from a seed through the product's own inbox and figures, beside a book of what is true.

Pushes come late and doubled, statistics come more than once and are revised, some never come. The book is kept here alone.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from saas.channels.callback import Inbound, Progressed, TargetChanged
from saas.channels.outcome import Progress
from saas.delivery import account_days, news
from saas.delivery.events import kind_of, to_json
from saas.delivery.inbox import apply_inbox
from saas.kernel.pool import Pool
from saas.kernel.settings import settings
from tests.conftest import House

HERE = ZoneInfo("Asia/Shanghai")
FIRST, LAST = date(2026, 7, 1), date(2026, 9, 30)
HOURS = (8, 12, 19, 21)
GIVEN = ("opened", "opened_all", "shared", "liked", "recommended", "collected", "commented", "finished")
NAMES = {"moon": "月光书店", "sun": "青禾茶饮", "star": "星辰咖啡"}


@dataclass
class TrueSend:
    """What really became of one send."""

    dispatch: int
    account: str
    client: str
    unit: str
    due_at: datetime
    intended: int
    delivered: int = 0
    failed: int = 0
    unknown: int = 0
    figures: dict[str, int] = field(default_factory=dict)

    @property
    def day(self) -> date:
        """The day in the agency's zone."""
        return self.due_at.astimezone(HERE).date()


@dataclass
class Book:
    """The truth: every send, and per account and day who came, who left, who wrote."""

    sends: list[TrueSend] = field(default_factory=list)
    days: dict[tuple[str, date, str], int] = field(default_factory=dict)


@dataclass
class Quarter:
    """The agency as it is played."""

    house: House
    dice: random.Random
    shadow: random.Random = field(default_factory=lambda: random.Random(11))
    book: Book = field(default_factory=Book)
    accounts: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    pushes: list[tuple[datetime, int, str, str, dict[str, Any]]] = field(default_factory=list)
    statistics: list[tuple[int, dict[str, int]]] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    _connection: psycopg.Connection[Any] = field(init=False, repr=False)

    @contextmanager
    def open_book(self) -> Iterator[None]:
        """One connection of the owner for all that is written past the application."""
        with psycopg.connect(self.house.database.owner_url, autocommit=True) as connection:
            connection.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(self.house.tenant),))
            self._connection = connection
            yield

    def _write(self, statement: str, *values: Any) -> None:
        self._connection.execute(statement, values)

    def _one(self, statement: str, *values: Any) -> int:
        row = self._connection.execute(statement, values).fetchone()
        return int(row[0]) if row else 0

    def open_accounts(self, each: int) -> None:
        """So many Official Accounts a client, and a QQ group bot of the first."""
        for client in NAMES:
            for n in range(1, each + 1):
                self._open(f"{client}-{n}", client, "official_account", "subscription" if n % 2 else "service", "person")
        self._open("moon-qq", "moon", "qq_group", "official", "group")

    def _open(self, key: str, client: str, channel: str, kind: str, unit: str) -> None:
        number = self.house.account(key, channel, kind, 1000, client=client)
        self._write("UPDATE accounts SET name = %s WHERE id = %s", f"{NAMES[client]} {key}", number)
        self.accounts[key] = (number, client, unit)

    def play(self, first: date = FIRST, last: date = LAST) -> None:
        """Every day: some accounts send, some people come, leave and write."""
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            chosen = [key for key in self.accounts if self.dice.random() < 0.35]
            if chosen:
                self._campaign(day, chosen)
            for key in self.accounts:
                self._people(day, key)

    def _campaign(self, day: date, keys: list[str]) -> None:
        due = datetime(day.year, day.month, day.day, self.dice.choice(HOURS), tzinfo=HERE)
        name = f"{day:%m-%d} {self.dice.choice(('新品上市', '周末活动', '会员日', '=cmd|calc'))}"
        digest, editor, reviewer = (
            sha256(f"{self.house.tenant} {day}".encode()).hexdigest(),
            self.house.members["editor"],
            self.house.members["reviewer"],
        )
        campaign = self._one(
            "INSERT INTO campaigns (name, kind, draft, author_id, digest, due_at, max_lateness)"
            " VALUES (%s, 'text', '{}', %s, %s, %s, '2 hours') RETURNING id", name, editor, digest, due,
        )  # fmt: skip
        self._write(
            "INSERT INTO approvals (campaign_id, member_id, decision, digest) VALUES (%s, %s, 'approved', %s)",
            campaign,
            reviewer,
            digest,
        )
        self._write("UPDATE campaigns SET state = 'approved', approved_digest = digest WHERE id = %s", campaign)
        self._write("UPDATE campaigns SET state = 'released', released_at = due_at WHERE id = %s", campaign)
        for key in keys:
            self._send(campaign, key, due)

    def _send(self, campaign: int, key: str, due: datetime) -> None:
        account, client, unit = self.accounts[key]
        people = self.dice.randint(800, 60_000) if unit == "person" else self.dice.randint(3, 40)
        message = json.dumps({"kind": "text", "text": f"{self.dice.choice(('早安', '上新', '福利'))} {campaign} {key}"})
        dispatch = self._one(
            "INSERT INTO dispatches (campaign_id, account_id, route, unit, message) VALUES (%s, %s, 'mass', %s, %s) RETURNING id",
            campaign, account, unit, message,
        )  # fmt: skip
        self._write(
            "INSERT INTO deliveries (campaign_id, dispatch_id, account_id, target, form, people)"
            " VALUES (%s, %s, %s, 'all', 'all', %s)",
            campaign, dispatch, account, people,
        )  # fmt: skip
        self._write(
            "UPDATE deliveries SET state = 'accepted', accepted = people, accepted_at = %s, ref = 'msg_id:' || dispatch_id,"
            " receipt = jsonb_build_object('msg_id', dispatch_id) WHERE dispatch_id = %s",
            due, dispatch,
        )  # fmt: skip
        true = TrueSend(dispatch, key, client, unit, due, people)
        self.book.sends.append(true)
        self._outcome(true, account)

    def _outcome(self, true: TrueSend, account: int) -> None:
        """The finishing push, doubled or late as it happens; then statistics, told several times and revised."""
        if self.dice.random() < 0.03:
            self._write("UPDATE deliveries SET state = 'unknown', unknown = people WHERE dispatch_id = %s", true.dispatch)
            true.unknown = true.intended
            return
        true.failed = int(true.intended * self.dice.choice((0, 0, 0.01, 0.04)))
        true.delivered = true.intended - true.failed
        progress = Progress(delivered=true.delivered, failed=true.failed, final=True)
        event = Progressed(f"finish {true.dispatch}", progress, "msg_id", str(true.dispatch))
        late = timedelta(hours=self.dice.choice((0, 0, 0, 5, 30)))
        for _ in range(self.dice.choice((1, 1, 2, 3))):
            self._push(true.due_at + late, account, event)
        if true.unit == "person" and self.dice.random() < 0.92:
            self._statistics(true)

    def _statistics(self, true: TrueSend) -> None:
        read = int(true.delivered * self.dice.uniform(0.02, 0.3))
        final = {"opened": read, "opened_all": int(read * 1.4), "finished": int(read * 0.6)}
        final |= {name: int(read * self.dice.uniform(0.002, 0.08)) for name in GIVEN if name not in final}
        early = {name: value // 3 for name, value in final.items()}
        over = {name: value + 7 for name, value in final.items()}
        self.statistics += [(true.dispatch, told) for told in (early, early, over, final, final)]
        true.figures = final

    def _people(self, day: date, key: str) -> None:
        account, _, unit = self.accounts[key]
        if unit == "group":  # the bot comes into a group and is put out of another: nobody follows or leaves by that
            for change in ("joined", "left"):
                at = datetime(day.year, day.month, day.day, 12, tzinfo=HERE)
                self._push(at, account, TargetChanged(f"{key} {day} {change}", f"group {day}", change))
            return
        self._followers(day, key)
        for name, most in (("gained", 6), ("lost", 3), ("replies", 4)):
            count = self.dice.randint(0, most)
            if count:
                self.book.days[key, day, name] = count
            for n in range(count):
                at = datetime(day.year, day.month, day.day, self.dice.randint(0, 23), 30, tzinfo=HERE)
                event = self._person(f"{key} {day} {name} {n}", name)
                for _ in range(self.dice.choice((1, 1, 1, 2))):
                    self._push(at, account, event)

    def _followers(self, day: date, key: str) -> None:
        """The platform's own count, which knows of more people than pushes told; some days it is not there."""
        self.totals[key] = self.totals.get(key, self.shadow.randint(500, 90_000)) + self.shadow.randint(-9, 15)
        if self.shadow.random() < 0.9:
            self.book.days[key, day, "followers"] = self.totals[key]

    def _person(self, who: str, name: str) -> TargetChanged | Inbound:
        if name == "replies":
            return Inbound(who, f"o {who}", "text", "你好")
        return TargetChanged(who, who, "joined" if name == "gained" else "left")

    def _push(self, at: datetime, account: int, event: Progressed | TargetChanged | Inbound) -> None:
        self.pushes.append((at.astimezone(UTC), account, event.dedupe, kind_of(event), to_json(event)))

    def arrive(self) -> None:
        """Everything comes in, shuffled; the inbox takes each event once, a worker applies them; then the statistics."""
        self.dice.shuffle(self.pushes)
        with self.house.connect() as connection, connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO callback_inbox (received_at, account_id, dedupe, kind, event) VALUES (%s, %s, %s, %s, %s)"
                " ON CONFLICT (account_id, dedupe) DO NOTHING",
                [(at, account, dedupe, kind, json.dumps(event)) for at, account, dedupe, kind, event in self.pushes],
            )

    async def apply(self) -> None:
        """What a worker does with it."""
        pool = Pool(settings().database_url, 2)
        await pool.open()
        try:
            await apply_inbox(pool, self.house.tenant)
            async with pool.tenant(self.house.tenant) as connection:
                for (key, day, name), value in self.book.days.items():
                    if name == "followers":
                        await account_days.keep(connection, self.accounts[key][0], {day: {name: value}}, "statistics")
                for dispatch, told in self.statistics:
                    await news.figures(connection, dispatch, told, "statistics")
        finally:
            await pool.close()


async def played(house: House, seed: int = 7, each: int = 2, first: date = FIRST, last: date = LAST) -> Quarter:
    """A quarter that has happened."""
    quarter = Quarter(house, random.Random(seed))
    with quarter.open_book():
        quarter.open_accounts(each)
        quarter.play(first, last)
    quarter.arrive()
    await quarter.apply()
    return quarter
