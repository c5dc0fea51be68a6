"""A simulated corp: its credentials, its members and its customers, all derived from the account's key."""

from __future__ import annotations

import base64
import calendar
import hashlib
import math
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from saas.channels.simulator import Enrolled, Enrolment

ZONE = ZoneInfo("Asia/Shanghai")
CUSTOMERS_A_MEMBER = 3_000
GROUPS_AN_OWNER = 20
CHAT_SIZE = 500
SHARED_EVERY = 50
LAPSED_EVERY, LAPSED_AT = 1_000, 7
RIGHTS = {
    "customer": ["contact"],
    "groups": ["contact"],
    "moments": ["contact"],
    "app": ["message"],
    "appchat": ["message"],
    "robot": [],
}
CONFIRM_DELAY = 0.8
CUSTOMER_TAGS = [
    {"id": "etKuaiLeChangKe0000001", "name": "常客", "group": "来往", "every": 5},
    {"id": "etKuaiLeXinKe000000002", "name": "新客", "group": "来往", "every": 20},
]
MEMBER_TAGS = [{"id": 1, "name": "店长", "every": 4}, {"id": 2, "name": "新员工", "every": 10}]


def enrolled(enrolment: Enrolment, address: str) -> Enrolled:
    """The credentials of a new account and what the stage keeps of it."""
    seed = hashlib.sha256(f"wecom:{enrolment.key}".encode()).digest()
    settings = {"base_url": address, "simulated": True}
    record: dict[str, Any] = {
        "kind": enrolment.kind,
        "name": enrolment.name,
        "audience_size": enrolment.audience_size,
        "ip_allowed": True,
    }
    if enrolment.kind == "robot":
        key = f"{seed[:4].hex()}-{seed[4:6].hex()}-{seed[6:8].hex()}-{seed[8:10].hex()}-{seed[10:16].hex()}"
        return Enrolled(key, {"key": key}, settings, record)
    credentials = {
        "corp_id": "ww" + seed[:8].hex(),
        "app_secret": base64.urlsafe_b64encode(seed + seed[:1]).decode().rstrip("=")[:43],
        "callback_token": seed[8:20].hex(),
        "aes_key": base64.b64encode(hashlib.sha256(seed).digest()).decode().rstrip("="),
    }
    record |= {
        **credentials,
        "rights": RIGHTS.get(enrolment.kind, []),
        "confirm": "auto",
        "confirm_delay": CONFIRM_DELAY,
        "confirm_share": 1.0,
        "cap_window": "month",
        "cap_amount": 0,
        "left": [],
        "tags": MEMBER_TAGS if enrolment.kind == "app" else CUSTOMER_TAGS,
    }
    if enrolment.kind == "app":
        credentials["agent_id"] = record["agent_id"] = str(1_000_002 + seed[20])
        settings["accounts"] = str(enrolment.audience_size)
    elif enrolment.kind == "appchat":
        record["members"] = CHAT_SIZE
        settings["largest_chat"] = str(CHAT_SIZE)
        settings["chats"] = ",".join(app_chat(str(record["corp_id"]), index) for index in range(enrolment.audience_size))
    elif enrolment.kind in ("customer", "groups"):
        settings["customer_cap"] = "days"
    return Enrolled(credentials["corp_id"], credentials, settings, record)


def app_chat(corp: str, index: int) -> str:
    """The chatid of the chat ``index`` that an app of the corp has made."""
    return f"{corp[2:14]}{index:05d}"


class Corp:
    """A corp as its record tells it. Customers are numbered; the number is written in their id."""

    def __init__(self, id: str, record: Mapping[str, Any]) -> None:
        self.id, self.record = id, record
        self._mark = "wm" + hashlib.sha256(id.encode()).hexdigest()[:12]

    def has_app_chat(self, chat: str) -> bool:
        """Whether the chat is one of those that were there when the account was enrolled, and not dismissed since."""
        number = int(chat[-5:]) if chat[-5:].isdecimal() else -1
        known = 0 <= number < self.size and chat == app_chat(self.id, number)
        return known and number not in self.record.get("left", ())

    @property
    def size(self) -> int:
        """Customers (or members, for an app; groups, for mass sends to them) there are."""
        return int(self.record.get("audience_size", 0))

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The members: those who follow customers, or, for an app, everybody in its visible range."""
        kind, each = self.record.get("kind"), CUSTOMERS_A_MEMBER
        each = {"app": 1, "groups": GROUPS_AN_OWNER}.get(str(kind), each)
        count = max(1, -(-self.size // each))
        count = int(self.record.get("members") or count)
        return tuple(f"Member{i:04d}" for i in range(1, count + 1))

    @property
    def confirming(self) -> frozenset[str]:
        """The members who press send when their time has come: all of them, a share, or nobody."""
        if self.record.get("confirm") not in ("auto", "reminded"):
            return frozenset()
        share = float(self.record.get("confirm_share", 1.0))
        return frozenset(self.members[: math.ceil(len(self.members) * share)])

    @property
    def wait_for_reminder(self) -> bool:
        """Whether members press send only when they are reminded."""
        return self.record.get("confirm") == "reminded"

    @cached_property
    def _names(self) -> dict[str, str]:
        return {name.lower(): name for name in self.members}

    def member(self, userid: str) -> str | None:
        """The member of that userid, whose case the platform does not mind."""
        return self._names.get(userid.lower())

    def customer(self, index: int) -> str:
        """The external_userid of customer ``index``."""
        return f"{self._mark}{index:06d}AAAA"

    def index(self, external_userid: str) -> int | None:
        """The number of a customer, or None for an id that is not of this corp."""
        digits = external_userid[14:20]
        if not external_userid.startswith(self._mark) or not external_userid.endswith("AAAA") or not digits.isdecimal():
            return None
        number = int(digits)
        return number if number < self.size and len(external_userid) == 24 else None

    def chat(self, index: int) -> str:
        """The chat_id of customer group ``index``."""
        return f"wr{self._mark[2:]}{index:06d}AAAA"

    def chats_of(self, member: str) -> dict[str, int]:
        """The groups a member owns that are not dismissed, by chat_id."""
        groups = self.size if self.record.get("kind") == "groups" else 0
        gone = set(self.record.get("left", ()))
        owned = range(self.members.index(member), groups, len(self.members))
        return {self.chat(index): index for index in owned if index not in gone}

    def owner(self, index: int) -> str:
        """The member who last spoke with the customer."""
        return self.members[index % len(self.members)]

    def customers_of(self, member: str) -> list[int]:
        """The customers of a member: the own ones, and a few whom the neighbour shares."""
        count, place = len(self.members), self.members.index(member)
        own = range(place, self.size, count)
        shared = range((place - 1) % count, self.size, count) if count > 1 else ()
        gone = set(self.record.get("left", ()))
        return sorted(i for i in (*own, *(s for s in shared if s % SHARED_EVERY == 0)) if i not in gone)

    def tags_of(self, index: int) -> list[str]:
        """The ids of the tags of customer (or member) ``index``: every so-manyth carries one."""
        return [str(tag["id"]) for tag in self.record.get("tags", ()) if tag.get("every") and index % int(tag["every"]) == 0]

    def lapsed(self, index: int) -> bool:
        """Whether the customer has deleted the member (the relation stays, one way)."""
        return index % LAPSED_EVERY == LAPSED_AT or index in self.record.get("left", ())

    def cap(self, at: float) -> tuple[str, int]:
        """The name of the current window of the cap per customer, and its amount."""
        local, window = datetime.fromtimestamp(at, ZONE), self.record.get("cap_window", "month")
        amount = int(self.record.get("cap_amount") or 0)
        if window == "day":
            return f"{local:%Y-%m-%d}", amount or 1
        if window == "week":
            return f"{local:%G-W%V}", amount or 7
        return f"{local:%Y-%m}", amount or calendar.monthrange(local.year, local.month)[1]
