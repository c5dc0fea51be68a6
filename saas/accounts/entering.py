"""What a person enters for an account: only names that its kind has, only values that their fields take, beside what is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from saas.accounts.channels import installed, kind_of
from saas.accounts.models import Account
from saas.accounts.reach import Reach
from saas.accounts.sameness import must_be_the_only_one
from saas.accounts.service import account_by_key, connect_account, own_credentials
from saas.accounts.well_formed import must_fit
from saas.channels.broken import PRIVATE
from saas.channels.channel import AccountKind, Field
from saas.channels.rules import RulePack
from saas.kernel.database import transaction
from saas.kernel.errors import Invalid, Words, both_sides
from saas.kernel.settings import settings
from saas.tenants import audit
from saas.tenants.actor import Actor

OF_THE_CORE = ("overrides", "groups", "contacts", "allowed_domains")
"""Settings of every account, whatever its channel; they are more than text (``well_formed``)."""
CREDENTIAL: Words = ("凭证", "credential")
SETTING: Words = ("设置", "setting")


def enter(actor: Actor, key: str, credentials: Mapping[str, str], own: Mapping[str, Any], cleared: Collection[str] = ()) -> None:
    """Store what is named and leave the rest; ``cleared`` and what is empty is taken out. NotFound; Invalid names the field."""
    actor.need("manage_accounts")
    with transaction():
        account = account_by_key(key)
        kind = kind_of(account.channel, account.kind)
        given, wanted = _with_cleared(account, kind, credentials, own, cleared)
        _must_be_fields(kind, given, wanted, account)
        _must_be_whole(kind, account, given)
        must_be_the_only_one(account, kind, given)
        _must_be_rules(account, wanted)
        _must_be_in_reach(wanted)
        connect_account(key, _plain(given), _plain(wanted))
        audit.note(actor, "accounts.connect", key, fields=sorted([*given, *wanted]))


def _with_cleared(
    account: Account, kind: AccountKind, credentials: Mapping[str, str], own: Mapping[str, Any], cleared: Collection[str]
) -> tuple[dict[str, str], dict[str, Any]]:
    """Credentials and settings, with "" for each that shall be taken out. Invalid for a name that is both given and taken out."""
    given, settings = dict(credentials), dict(own)
    for name in cleared:
        if name in given or name in settings:
            message = (f"“{name}”不能既填写又清除", f"'{name}' is both given and taken out")
            raise Invalid("field_twice", message, ("请只选其一", "do one of the two"), name)
        there = {field.name for field in kind.credentials} | set(own_credentials(account))
        (given if name in there and name not in account.settings else settings)[name] = ""
    return given, settings


def _must_be_fields(kind: AccountKind, credentials: Mapping[str, str], own: Mapping[str, Any], account: Account) -> None:
    leftovers = {*own_credentials(account), *account.settings}
    for what, fields, given, place in (
        (CREDENTIAL, kind.credentials, credentials, "credentials"),
        (SETTING, kind.settings, own, "settings"),
    ):
        known = {field.name: field for field in fields}
        for name, value in given.items():
            if name in known:
                _must_fit(known[name], value, place)
            elif (what is CREDENTIAL or name not in OF_THE_CORE) and not (value == "" and name in leftovers):
                raise _unknown(kind, what, name, place)


def _must_fit(field: Field, value: object, place: str) -> None:
    must_fit(field, value, f"{place}.{field.name}")
    if field.required and not str(value).strip():
        message = (f"“{field.title.zh}”（{field.name}）不能清除", f"'{field.title.en}' ({field.name}) cannot be taken out")
        raise Invalid("field_missing", message, ("请填写新的值", "enter another value instead"), f"{place}.{field.name}")


def _unknown(kind: AccountKind, what: Words, name: str, place: str) -> Invalid:
    fields, others = (kind.credentials, kind.settings) if what is CREDENTIAL else (kind.settings, kind.credentials)
    names = [field.name for field in fields] + ([] if what is CREDENTIAL else list(OF_THE_CORE))
    message = (
        f"账号类型“{kind.title.zh}”没有{what[0]}“{name}”",
        f"an account of the kind '{kind.title.en}' has no {what[1]} '{name}'",
    )
    remedy = (f"可用的{what[0]}：{'、'.join(names) or '无'}", f"it has the {what[1]}s {', '.join(names) or '(none)'}")
    if name in {field.name for field in others}:
        other = SETTING if what is CREDENTIAL else CREDENTIAL
        remedy = (f"“{name}”是{other[0]}，请用 --{other[1]} 填写", f"'{name}' is a {other[1]}: give it with --{other[1]}")
    return Invalid("unknown_field", message, remedy, f"{place}.{name}")


def _must_be_whole(kind: AccountKind, account: Account, given: Mapping[str, str]) -> None:
    """An account never has half of its credentials: with those that are there, all obligatory ones must be."""
    if not given:
        return
    known = {**own_credentials(account), **given}
    lacking = [field for field in kind.credentials if field.required and not str(known.get(field.name) or "").strip()]
    if lacking:
        names = ", ".join(field.name for field in lacking)
        titles = "、".join(f"{field.title.zh}（{field.name}）" for field in lacking)
        message = (f"还缺少凭证：{titles}", f"credentials are missing: {names}")
        raise Invalid("field_missing", message, ("请一并填写", "give them as well"), f"credentials.{lacking[0].name}")


def _must_be_rules(account: Account, own: Mapping[str, Any]) -> None:
    """An override of a rule that there is not would bind nobody."""
    overrides, told = own.get("overrides"), installed(account.channel).hook.rule_pack
    pack = told() if told else None
    if not isinstance(overrides, Mapping) or not isinstance(pack, RulePack):
        return
    names = sorted({str(rule["name"]) for rule in pack.rules})
    for name in overrides:
        if name not in names:
            message = (f"没有规则“{name}”，无法调整", f"there is no rule '{name}' to override")
            remedy = (f"可调整的规则：{'、'.join(names)}", f"the rules are {', '.join(names)}")
            raise Invalid("unknown_rule", message, remedy, f"settings.overrides.{name}")


def _must_be_in_reach(own: Mapping[str, Any]) -> None:
    """An address in this network leads to servers that are none of the agency's, unless who runs them has said otherwise."""
    reach = Reach.of(settings())
    for name, value in own.items():
        if isinstance(value, str) and "://" in value and reach.refuses(value.strip()):
            zh, en = both_sides(PRIVATE)
            remedy = ("请填写公网地址，或请运行本系统的人放行", "enter a public address, or have it allowed")
            raise Invalid("private_address", (f"{name}：{zh}", f"{name}: {en}"), remedy, f"settings.{name}")


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
