"""How an agency wants to hear of things: its rules, where robots and webhooks are, and a message to try them with."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import text

from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Invalid, NotFound, Words
from saas.kernel.settings import settings
from saas.reports.alerts.carriers import Letter, Said, is_robot, is_webhook
from saas.reports.alerts.kinds import ALL, KINDS, STAFF, Kind, Rule
from saas.reports.alerts.opening import RULES, rule_of
from saas.reports.alerts.rounds import post_of
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Tenant

MOST_DESTINATIONS = 50
SHORTEST_SECRET = 16
SAVE = text("""
  INSERT INTO alert_rules (kind, is_on, threshold, roles, destinations, quiet_from, quiet_until, window_minutes, tell_end,
    member_id)
  VALUES (:kind, :is_on, :threshold, CAST(:roles AS text[]), CAST(:destinations AS bigint[]), :quiet_from, :quiet_until,
    :window, :tell_end, :member)
  ON CONFLICT (tenant_id, kind) DO UPDATE SET is_on = excluded.is_on, threshold = excluded.threshold, roles = excluded.roles,
    destinations = excluded.destinations, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
    window_minutes = excluded.window_minutes, tell_end = excluded.tell_end, member_id = excluded.member_id,
    at = clock_timestamp()""")
DESTINATIONS = text("""
  SELECT d.id, d.kind, d.name, d.host, d.locale, d.named_only, d.at, m.name AS by
  FROM alert_destinations d JOIN members m ON m.id = d.member_id
  WHERE d.removed_at IS NULL ORDER BY d.id""")


@dataclass(frozen=True, slots=True)
class RuleView:
    """One kind and the rule that holds for it."""

    kind: Kind
    rule: Rule
    own: bool


@dataclass(frozen=True, slots=True)
class Destination:
    """A robot or webhook; its address is not shown again, only the host. ``named_only``: only for rules that name it."""

    id: int
    kind: str
    name: str
    host: str
    locale: str
    named_only: bool
    at: datetime
    by: str


def list_rules(actor: Actor) -> list[RuleView]:
    """Every kind with its rule."""
    actor.need("see_accounts")
    own = {row["kind"]: rule_of(dict(row)) for row in db.session.execute(text(RULES)).mappings()}
    return [RuleView(kind, own.get(kind.name, kind.usual), kind.name in own) for kind in ALL]


def rule_for(actor: Actor, kind: str) -> Rule:
    """The rule of one kind. NotFound."""
    found = next((view.rule for view in list_rules(actor) if view.kind.name == kind), None)
    if found is None:
        raise NotFound(("告警规则", "alert rule"), kind)
    return found


def save_rule(actor: Actor, kind: str, rule: Rule) -> RuleView:
    """From now on this holds. NotFound, Invalid, Forbidden."""
    actor.need("manage_rules")
    if kind not in KINDS:
        raise NotFound(("告警规则", "alert rule"), kind)
    check_rule(kind, rule)
    known = {one.id for one in list_destinations(actor)}
    if unknown := set(rule.destinations or ()) - known:
        raise NotFound(("告警去处", "destination"), min(unknown))
    begins, ends = rule.quiet or (None, None)
    values = {
        "kind": kind,
        "is_on": rule.is_on,
        "threshold": rule.threshold,
        "roles": list(rule.roles),
        "tell_end": rule.tell_end,
    }
    values |= {"quiet_from": begins, "quiet_until": ends, "window": rule.window, "member": actor.member_id}
    with transaction() as session:
        session.execute(SAVE, values | {"destinations": None if rule.destinations is None else list(rule.destinations)})
        audit.note(actor, "alerts.rule", kind, is_on=rule.is_on, threshold=rule.threshold, roles=list(rule.roles))
    return RuleView(KINDS[kind], rule, True)


def check_rule(kind: str, rule: Rule) -> None:
    """Whether a kind can be heard of so. Invalid."""
    most = 100.0 if KINDS[kind].unit[1].startswith("%") else 100_000.0
    if not 0 <= rule.threshold <= most:
        raise Invalid(
            "bad_threshold", ("阈值超出范围", "the threshold is out of range"), (f"0 到 {most:g}", f"0 to {most:g}"), "threshold"
        )
    if kind == "quota" and not rule.threshold:
        words = ("额度阈值要大于 0，否则一条未发也会告警", "a cap's threshold is above 0: at 0 an unused cap would be told")
        raise Invalid("bad_threshold", words, ("例如 80", "such as 80"), "threshold")
    if wrong := set(rule.roles) - set(STAFF):
        names = ", ".join(STAFF)
        words = (f"“{min(wrong)}”收不到告警", f"'{min(wrong)}' cannot be told")
        raise Invalid("bad_roles", words, (f"可选：{names}", f"one of {names}"), "roles")
    if not 1 <= rule.window <= 1440:
        raise Invalid(
            "bad_window", ("合并时间要在 1–1440 分钟", "the window is 1 to 1440 minutes"), ("例如 15", "such as 15"), "window"
        )
    if rule.quiet and not all(0 <= minute < 1440 for minute in rule.quiet):
        raise Invalid("bad_quiet", ("免打扰时间写法有误", "the quiet hours are malformed"), QUIET_REMEDY, "quiet")


QUIET_REMEDY: Words = ("例如 22:00-08:00，不要免打扰就留空", "such as 22:00-08:00; empty for none")


def read_quiet(value: str) -> tuple[int, int] | None:
    """``22:00-08:00`` as minutes of the day; empty or ``none``: no quiet hours. Invalid."""
    if value.strip().lower() in ("", "none"):
        return None
    try:
        begins, ends = (datetime.strptime(part.strip(), "%H:%M") for part in value.split("-"))  # noqa: DTZ007  # a time of day
    except ValueError:
        raise Invalid("bad_quiet", ("免打扰时间写法有误", "the quiet hours are malformed"), QUIET_REMEDY, "quiet") from None
    return begins.hour * 60 + begins.minute, ends.hour * 60 + ends.minute


def quiet_words(quiet: tuple[int, int] | None) -> str:
    """The same the other way."""
    return "" if quiet is None else "-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in quiet)


def list_destinations(actor: Actor) -> list[Destination]:
    """Where robots and webhooks are."""
    actor.need("see_accounts")
    return [Destination(**row) for row in db.session.execute(DESTINATIONS).mappings()]


def add_destination(
    actor: Actor, kind: str, name: str, address: str, secret: str = "", locale: str = "zh", named_only: bool = False
) -> tuple[Destination, str]:
    """A robot or a webhook more, and the secret that signs (made where none is given; shown this once). ``named_only``: it hears
    only what a rule names it for, and not what goes to all. Invalid, Forbidden."""
    actor.need("manage_rules")
    _check_address(kind, name, address.strip(), secret, locale)
    if len(list_destinations(actor)) >= MOST_DESTINATIONS:
        raise Invalid(
            "too_many",
            (f"最多 {MOST_DESTINATIONS} 个去处", f"{MOST_DESTINATIONS} destinations at most"),
            ("先删去一个", "remove one first"),
            "name",
        )
    secret = secret or (secrets.token_urlsafe(32) if kind == "webhook" else "")
    with transaction() as session:
        number = int(session.scalar(text("SELECT nextval(pg_get_serial_sequence('alert_destinations', 'id'))")) or 0)
        sealed = post_of(settings()).sealer.seal(
            actor.tenant_id, f"alert destination:{number}", {"address": address.strip(), "secret": secret}
        )
        session.execute(
            text(
                "INSERT INTO alert_destinations (id, kind, name, host, sealed, locale, named_only, member_id)"
                " VALUES (:id, :kind, :name, :host, :sealed, :locale, :named_only, :member)"
            ),
            {
                "id": number, "kind": kind, "name": name.strip(), "host": urlsplit(address).netloc, "sealed": sealed,
                "locale": locale, "named_only": named_only, "member": actor.member_id,
            },
        )  # fmt: skip
        audit.note(
            actor, "alerts.destination", f"destination:{number}", kind=kind, name=name.strip(), host=urlsplit(address).netloc
        )
    return _destination(actor, number), secret


def remove_destination(actor: Actor, destination_id: int) -> None:
    """Nothing goes there any more, and its address is forgotten. NotFound."""
    actor.need("manage_rules")
    with transaction() as session:
        gone = session.execute(
            text(
                "UPDATE alert_destinations SET removed_at = :now, sealed = '' WHERE id = :id AND removed_at IS NULL RETURNING id"
            ),
            {"now": clock.now(), "id": destination_id},
        ).first()
        if gone is None:
            raise NotFound(("告警去处", "destination"), destination_id)
        audit.note(actor, "alerts.destination_removed", f"destination:{destination_id}")


def try_destination(actor: Actor, destination_id: int | None) -> Said:
    """Send a message there that says it is a trial; None: to one's own e-mail. Nothing is open meanwhile. NotFound, Invalid."""
    actor.need("manage_rules")
    whom: dict[str, Any] = {"kind": "mail", "email": actor.email}
    if destination_id is None and not settings().smtp:
        words = ("这套系统没有设置邮件服务器", "this installation has no mail server")
        raise Invalid(
            "no_mail", words, ("设置 QUNFA_SMTP 和 QUNFA_MAIL_FROM", "set QUNFA_SMTP and QUNFA_MAIL_FROM"), "destination"
        )
    if destination_id is not None:
        one = _destination(actor, destination_id)
        sealed = db.session.scalar(text("SELECT sealed FROM alert_destinations WHERE id = :id"), {"id": destination_id})
        whom = {"kind": one.kind, "destination_id": one.id, "sealed": sealed}
    agency = db.session.get_one(Tenant, actor.tenant_id).name
    with transaction():
        audit.note(actor, "alerts.test", f"destination:{destination_id}" if destination_id else "mail")
    return post_of(settings()).send(actor.tenant_id, whom, _trial(agency, actor.locale))


def _trial(agency: str, locale: str) -> Letter:
    zh, en = "【群发】这是一条测试告警", "[Qunfa] This is a test alert"
    body = (f"{agency} 的告警会发到这里。", f"Alerts of {agency} will come here.")
    side = 1 if locale == "en" else 0
    link = settings().base_url + "/alerts"
    return Letter(
        f"alert-{secrets.token_hex(16)}", (zh, en)[side], f"{body[side]}\n{link}", link, {"type": "alert.test", "alerts": []}
    )


def _destination(actor: Actor, destination_id: int) -> Destination:
    found = next((one for one in list_destinations(actor) if one.id == destination_id), None)
    if found is None:
        raise NotFound(("告警去处", "destination"), destination_id)
    return found


def _check_address(kind: str, name: str, address: str, secret: str, locale: str) -> None:
    loopback = bool(settings().simulators)
    if kind not in ("robot", "webhook") or locale not in ("zh", "en"):
        raise Invalid(
            "bad_kind",
            (f"没有“{kind}”这种去处", f"'{kind}' is nothing one can tell"),
            ("robot 或 webhook", "robot or webhook"),
            "kind",
        )
    if not 1 <= len(name.strip()) <= 80:
        raise Invalid("name_missing", ("请写名称（最多 80 字）", "give it a name of at most 80 characters"), field="name")
    if kind == "robot" and not is_robot(address, loopback):
        words = ("不是企业微信群机器人的地址", "this is not the address of a WeCom group robot")
        remedy = ("从机器人资料页复制完整的 Webhook 地址", "copy the whole webhook address from the robot's page")
        raise Invalid("bad_address", words, remedy, "address")
    if kind == "webhook" and (len(address) > 2000 or not is_webhook(address, loopback)):
        words = ("这个地址不能接收告警", "alerts cannot go to this address")
        remedy = (
            "要用公网域名的 https 地址（443 端口），不能是内网、IP 或带用户名",
            "an https address of a public name, port 443; no private host, IP or user name",
        )
        raise Invalid("bad_address", words, remedy, "address")
    if secret and len(secret) < SHORTEST_SECRET:
        words = (f"签名密钥至少 {SHORTEST_SECRET} 个字符", f"the signing secret has at least {SHORTEST_SECRET} characters")
        raise Invalid("bad_secret", words, ("留空就自动生成", "leave it empty to have one made"), "secret")


def changed(rule: Rule, wish: Mapping[str, Any]) -> Rule:
    """The rule with what a wish gives: fields by their names, ``quiet`` as ``22:00-08:00``. Invalid."""
    given: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in wish.items()}
    if "quiet" in given:
        given["quiet"] = read_quiet(given["quiet"])
    return replace(rule, **given)
