"""The settings of an account that are no plain text: refused where they are entered, for whoever reads them trusts them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from saas.channels.channel import Field
from saas.channels.forms import fault_of
from saas.kernel.errors import Invalid, Words

OVERRIDES = (
    '例如 {"template_day": {"value": 1000, "reason": "客户要求"}}',
    'such as {"template_day": {"value": 1000, "reason": "the client wants it"}}',
)
TARGETS = ('例如 [{"id": "123", "title": "一群"}]', 'such as [{"id": "123", "title": "first group"}]')
MOST = 1_000_000_000
DOMAINS = ("例如 example.com,shop.example.cn", "such as example.com,shop.example.cn")
DOMAIN = re.compile(r"(\*?\.)?[^\s/:@,.]+(\.[^\s/:@,.]+)*")


def must_be_well_formed(own: Mapping[str, Any]) -> None:
    """Overrides by rule name with value and reason; groups and contacts by id. An empty text takes a setting away. Invalid."""
    if (overrides := own.get("overrides")) and not _are_overrides(overrides):
        words = ("限额调整须逐条写明整数值和理由", "each override is a whole number with its reason, by the name of the rule")
        raise _wrong("overrides", words, OVERRIDES)
    for name in ("groups", "contacts"):
        if (listed := own.get(name)) and not _are_targets(listed):
            raise _wrong(name, ("须是一列带 id 的条目", "must be a list of entries with an id"), TARGETS)
    if (domains := own.get("allowed_domains")) and not _are_domains(domains):
        raise _wrong("allowed_domains", ("须是域名，以逗号分隔", "must be domains, separated by commas"), DOMAINS)


def must_fit(field: Field, value: object, where: str) -> None:
    """A value that a field of an account or a portal does not take is refused with what it does; ``where`` names it. Invalid."""
    if fault := fault_of(field, value):
        message = (f"“{field.title.zh}”（{field.name}）填写有误", f"'{field.title.en}' ({field.name}) cannot be that")
        raise Invalid("field_invalid", message, (fault.zh, fault.en), where)


def _are_overrides(value: object) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(one, Mapping)
        and type(one.get("value")) is int
        and 0 <= one["value"] <= MOST
        and str(one.get("reason") or "").strip()
        for one in value.values()
    )


def _are_targets(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) and _is_target(one) for one in value)


def _is_target(one: Mapping[str, Any]) -> bool:
    return isinstance(one.get("id"), str) and isinstance(one.get("title", ""), str) and bool(one["id"].strip())


def _are_domains(value: object) -> bool:
    listed = [one for one in value.split(",") if one.strip()] if isinstance(value, str) else value
    return isinstance(listed, list) and all(isinstance(one, str) and DOMAIN.fullmatch(one.strip()) for one in listed)


def _wrong(name: str, words: Words, remedy: Words) -> Invalid:
    return Invalid("setting_invalid", words, remedy, f"settings.{name}")
