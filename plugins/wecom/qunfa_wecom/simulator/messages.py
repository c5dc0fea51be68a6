"""App messages: who is reached, what is dropped without a word, and what can be taken back."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from qunfa_wecom.simulator.corps import Corp
from qunfa_wecom.simulator.gate import Ask
from qunfa_wecom.simulator.mediatheque import Mediatheque
from qunfa_wecom.simulator.pages import short, words
from qunfa_wecom.simulator.replies import Refusal
from saas.channels.simulator import Effect, Stage

RECEIVERS = 1_000
TEXT = 2_048
ARTICLES = 8
ARTICLE = 666 * 1_024
PER_ACCOUNT_DAY = 200
PER_MEMBER_MINUTE, PER_MEMBER_HOUR = 30, 1_000
RECALL = 86_400
INTERVAL, LONGEST_INTERVAL = 1_800, 4 * 3_600


class Messages:
    """What the apps have sent, rebuilt from the effects after a restart."""

    def __init__(self, stage: Stage, media: Mediatheque) -> None:
        self._stage, self._media = stage, media
        self._sent: dict[str, Effect] = {}
        self._recalled: set[str] = set()
        self._today: Counter[tuple[str, int]] = Counter()
        self._minute: dict[tuple[str, str], deque[float]] = defaultdict(lambda: deque(maxlen=PER_MEMBER_MINUTE))
        self._hour: dict[tuple[str, str], deque[float]] = defaultdict(lambda: deque(maxlen=PER_MEMBER_HOUR))
        self._last: dict[tuple[str, str, str], tuple[float, str]] = {}

    def replay(self, corp: Corp, effect: Effect) -> None:
        """Take up an effect of the log."""
        if effect.kind == "recall":
            self._recalled.add(effect.platform_id)
        elif effect.kind == "app":
            at = datetime.fromisoformat(effect.at).timestamp()
            to = corp.members if effect.detail["to"] == "@all" else effect.detail["to"]
            self._note(corp.id, effect, to, at)

    async def send(self, ask: Ask) -> Mapping[str, Any]:
        """``message/send``."""
        corp, body, now = ask.corp, ask.body, self._stage.now().timestamp()
        if str(body.get("agentid", "")) != corp.record.get("agent_id"):
            raise Refusal(301002 if isinstance(body.get("agentid"), int) else 40056)
        known, invalid = _receivers(corp, body)
        digest = self.content(corp, body)
        self._allow(corp, len(known), now)
        to, first = self._reached(corp.id, known, digest, body, now)
        msgid = secrets.token_urlsafe(30) if to or not first else first
        if to:
            whole = len(to) == len(corp.members)
            shown = {"digest": digest, "to": "@all" if whole else to, "text": words(body[body["msgtype"]])}
            effect = self._stage.effect(corp.id, "app", len(to), "", msgid, **shown)
            self._note(corp.id, effect, to, now)
        return {
            "invaliduser": "|".join(invalid),
            "invalidparty": str(body.get("toparty") or ""),
            "invalidtag": str(body.get("totag") or ""),
            "unlicenseduser": "",
            "msgid": msgid,
        }

    async def recall(self, ask: Ask) -> Mapping[str, Any]:
        """``message/recall``: within 24 hours, by the same app; doing it twice changes nothing."""
        msgid = str(ask.body.get("msgid", ""))
        effect = self._sent.get(msgid)
        if effect is None or effect.account != ask.corp.record["key"]:
            raise Refusal(40058)
        if self._stage.now().timestamp() - datetime.fromisoformat(effect.at).timestamp() > RECALL:
            raise Refusal(40058)
        if msgid not in self._recalled:
            self._recalled.add(msgid)
            self._stage.effect(ask.corp.id, "recall", 0, "", msgid, taken_back=effect.people)
        return {}

    def content(self, corp: Corp, body: Mapping[str, Any]) -> str:
        """The fingerprint of what a message says, when the platform would take it."""
        kind = str(body.get("msgtype", ""))
        content = body.get(kind)
        if not isinstance(content, dict):
            raise Refusal(40058)
        match kind:
            case "text":
                content = {"content": str(content.get("content", "")).encode()[:TEXT].decode(errors="ignore")}
                if not content["content"]:
                    raise Refusal(44001)
            case "image" | "voice" | "file" | "video":
                self._media.require(corp.id, content.get("media_id"), "message")
            case "news" | "mpnews":
                self._articles(corp, kind, content.get("articles") or [])
            case "markdown":
                short(content.get("content"), TEXT)
            case _:
                raise Refusal(40058)
        return hashlib.sha256(json.dumps([kind, content], sort_keys=True).encode()).hexdigest()

    def _articles(self, corp: Corp, kind: str, articles: Sequence[Mapping[str, Any]]) -> None:
        if not 1 <= len(articles) <= ARTICLES:
            raise Refusal(45008)
        for article in articles:
            if not article.get("title"):
                raise Refusal(40058)
            if kind == "news" and not (article.get("url") or article.get("appid")):
                raise Refusal(40058)
            if kind == "mpnews":
                self._media.require(corp.id, article.get("thumb_media_id"), "message")
                if len(str(article.get("content", "")).encode()) > ARTICLE:
                    raise Refusal(45002)

    def _allow(self, corp: Corp, people: int, now: float) -> None:
        """accounts × 200 person-times a natural day."""
        accounts = int(corp.record.get("accounts") or corp.size)
        if self._today[corp.id, _day(now)] + people > accounts * PER_ACCOUNT_DAY:
            raise Refusal(45009)

    def _reached(
        self, corp: str, users: Sequence[str], digest: str, body: Mapping[str, Any], now: float
    ) -> tuple[list[str], str]:
        """Whom it reaches, and the msgid of the earlier message that it is a duplicate of ("" when of none)."""
        interval = min(int(body.get("duplicate_check_interval") or INTERVAL), LONGEST_INTERVAL)
        checked = int(body.get("enable_duplicate_check") or 0) == 1
        to, first = [], ""
        for user in users:
            at, msgid = self._last.get((corp, digest, user), (0.0, ""))
            if checked and msgid and now - at < interval:
                first = first or msgid
                continue
            minute, hour = self._minute[corp, user], self._hour[corp, user]
            calm = len(minute) < PER_MEMBER_MINUTE or now - minute[0] >= 60
            if calm and (len(hour) < PER_MEMBER_HOUR or now - hour[0] >= 3_600):
                to.append(user)
        return to, first

    def _note(self, corp: str, effect: Effect, to: Sequence[str], at: float) -> None:
        self._sent[effect.platform_id] = effect
        self._today[corp, _day(at)] += len(to)
        for user in to:
            self._minute[corp, user].append(at)
            self._hour[corp, user].append(at)
            self._last[corp, effect.detail["digest"], user] = (at, effect.platform_id)


def _receivers(corp: Corp, body: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Members that exist, in the order given, and the lower-cased userids that do not."""
    if not (body.get("touser") or body.get("toparty") or body.get("totag")):
        raise Refusal(82001)
    given = [user for user in str(body.get("touser") or "").split("|") if user]
    if given == ["@all"]:
        return list(corp.members), []
    if len(given) > RECEIVERS:
        raise Refusal(40058)
    known = [member for user in dict.fromkeys(given) if (member := corp.member(user))]
    if not known:
        raise Refusal(81013)
    return known, [user.lower() for user in given if not corp.member(user)]


def _day(at: float) -> int:
    return int(at + 8 * 3_600) // 86_400
