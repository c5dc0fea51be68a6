"""Saying which stages are held in a platform's approval, by which template, and who is who there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from saas.accounts.channels import registry
from saas.accounts.models import Account
from saas.accounts.opening import run_with_lines
from saas.accounts.service import account_by_key
from saas.channels.approval import SAYS, ApprovalForm
from saas.channels.platform import MaybeSent, NotSent
from saas.delivery.approvals.persons import must_be_somebody
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound, Words
from saas.kernel.settings import settings
from saas.review.applications import ApprovalLine, ApprovalPerson
from saas.review.stages import KINDS
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Client, Member

SAYS_WORDS: dict[str, Words] = {
    "title": ("活动名称（必填）", "the campaign's name (required)"),
    "accounts": ("账号与人数", "accounts and people"),
    "time": ("发送时间", "when it goes"),
    "link": ("审核页链接", "link to its review"),
}
FORMS = {"title": ("text",), "accounts": ("text",), "time": ("text", "time"), "link": ("text",)}


@dataclass(frozen=True, slots=True)
class HeldStage:
    """That a stage is held; ``account`` "": it is signed here, though the agency's is held."""

    client: str
    client_id: int | None
    kind: str
    account: str
    account_name: str
    template: str
    places: Mapping[str, str]
    applicant: str
    own_flow: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """What a member is called on an account's platform."""

    account: str
    account_name: str
    member: str
    email: str
    person: str
    by: str


def hold(
    actor: Actor,
    client_id: int | None,
    kind: str,
    key: str,
    template: str,
    places: Mapping[str, str],
    applicant: str,
    own_flow: bool,
) -> None:
    """From now on the stage of campaigns that begin is decided in the account's approval. Forbidden, NotFound, Invalid, Conflict.

    ``places``: control of the template, and what stands in it (``SAYS``); the template is looked at first.
    """
    actor.need("manage_review")
    _check_kind(kind)
    account = approving_account(key)
    if not applicant.strip():
        raise Invalid("applicant", ("请填写申请人的平台账号", "say in whose name it is submitted"), field="applicant")
    id = account.id
    must_be_somebody(actor, account, applicant.strip(), "applicant")
    placed = {control.strip(): said for control, said in places.items() if said}
    check_places(form_of(actor, key, template), placed)
    with transaction() as session:
        line = ApprovalLine(
            client_id=_client(client_id), kind=kind, account_id=id, template=template.strip(), places=placed,
            applicant=applicant.strip(), own_flow=own_flow, member_id=actor.member_id,
        )  # fmt: skip
        session.add(line)
        detail = {"kind": kind, "account": key, "template": line.template, "own_flow": own_flow}
        audit.note(actor, "review.hold", f"client:{client_id}" if client_id else "agency", **detail)


def let_go(actor: Actor, client_id: int | None, kind: str) -> None:
    """From now on the stage of campaigns that begin is signed here."""
    actor.need("manage_review")
    _check_kind(kind)
    with transaction() as session:
        session.add(ApprovalLine(client_id=_client(client_id), kind=kind, member_id=actor.member_id))
        audit.note(actor, "review.hold_ended", f"client:{client_id}" if client_id else "agency", kind=kind)


def list_holds(actor: Actor) -> list[HeldStage]:
    """The newest line of each stage, the agency's first; those of the agency that say nothing are left out."""
    actor.need("see_accounts")
    query = (
        select(ApprovalLine, Client.name, Account.key, Account.name, Member.name)
        .outerjoin(Client, Client.id == ApprovalLine.client_id)
        .outerjoin(Account, Account.id == ApprovalLine.account_id)
        .join(Member, Member.id == ApprovalLine.member_id)
        .order_by(ApprovalLine.id)
    )
    newest = {(line.client_id, line.kind): _held(line, *names) for line, *names in db.session.execute(query)}
    shown = [one for one in newest.values() if one.account or one.client_id]
    return sorted(shown, key=lambda one: (one.client, list(KINDS).index(one.kind)))


def _held(line: ApprovalLine, client: str | None, key: str | None, account: str | None, by: str) -> HeldStage:
    return HeldStage(
        client or "", line.client_id, line.kind, key or "", account or "", line.template, line.places, line.applicant,
        line.own_flow, by, line.at,
    )  # fmt: skip


def form_of(actor: Actor, key: str, template: str) -> ApprovalForm:
    """The platform's form of that number, asked now. Conflict when the platform does not give it."""
    actor.need("manage_review")
    account = approving_account(key)
    hook, tenant, id = registry().get(account.channel), actor.tenant_id, account.id
    db.session.rollback()

    async def ask(lines: Any) -> ApprovalForm | None:
        async with lines.pool.tenant(tenant) as connection:
            known = await lines.accounts(connection, [id])
        if hook is None or id not in known:
            return None
        form: ApprovalForm = await hook.hook.approval_form(
            account=known[id], template=template.strip(), platform=lines.of(tenant, known[id])
        )
        return form

    try:
        form = run_with_lines(settings(), ask)
    except (NotSent, MaybeSent) as silent:
        remedy = (
            "核对模板编号，并在审批的“可调用接口的应用”里加上这个应用",
            "check the number; open the approval's API to the app",
        )
        raise Conflict("no_template", (f"平台没有给出审批模板：{silent}", f"no such template: {silent}"), remedy) from silent
    if form is None:
        raise Conflict(
            "no_template", ("账号的凭据无法使用", "the account's credentials cannot be used"), ("重新填写", "enter them again")
        )
    return form


def proposed(form: ApprovalForm) -> dict[str, str]:
    """What may stand in which control: each thing in the first one that is left and takes it. Pure."""
    found: dict[str, str] = {}
    for said in SAYS:
        control = next((one for one in form.controls if one.id not in found and one.form in FORMS[said]), None)
        times = [one for one in form.controls if one.id not in found and one.form == "time"]
        if said == "time" and times:
            control = times[0]
        if control is not None:
            found[control.id] = said
    return found


def check_places(form: ApprovalForm, places: Mapping[str, str]) -> None:
    """Invalid unless the title has a place, everything fits its control, and no required control stays empty. Pure."""
    controls = {one.id: one for one in form.controls}
    if "title" not in places.values():
        raise _bad(("活动名称要放在一个文本控件里", "the campaign's name needs a control of text"))
    for control, said in places.items():
        if control not in controls or said not in SAYS:
            raise _bad((f"模板里没有控件 {control}", f"the template has no control {control}"))
        if controls[control].form not in FORMS[said]:
            raise _bad((f"控件 {control} 放不下“{SAYS_WORDS[said][0]}”", f"control {control} does not take {said}"))
    if empty := [one.title or one.id for one in form.controls if one.required and one.id not in places]:
        raise _bad((f"必填控件没有内容：{'、'.join(empty)}", f"required controls stay empty: {', '.join(empty)}"))


def _bad(message: Words) -> Invalid:
    return Invalid("bad_places", message, ("改控件的对应", "change what stands in which control"), "places")


def approving_account(key: str) -> Account:
    """The account, where its kind has an approval. NotFound, Invalid."""
    account = account_by_key(key)
    kind = registry().kind(account.channel, account.kind)
    if kind is None or not kind.approving:
        message = (f"账号 {key} 没有平台审批", f"the account {key} has no approval of its platform's")
        raise Invalid("no_approval", message, ("选企业微信应用账号", "choose an app of WeCom's"), "account")
    return account


def approving_accounts() -> list[tuple[str, str]]:
    """Accounts that can hold a stage: key and name."""
    rows = db.session.scalars(select(Account).order_by(Account.name))
    kinds = [(row, registry().kind(row.channel, row.kind)) for row in rows]
    return [(row.key, row.name) for row, kind in kinds if kind is not None and kind.approving]


def name_person(actor: Actor, key: str, email: str, person: str) -> None:
    """Say what a member is called on the account's platform; "" forgets it. One's own, or an admin's for others."""
    actor.need("sign")
    account = approving_account(key)
    if person.strip():
        must_be_somebody(actor, account, person.strip(), "person")
    with transaction() as session:
        account = approving_account(key)
        member = session.scalar(select(Member).where(Member.email == email.strip().lower()))
        if member is None:
            raise NotFound(("成员", "member"), email)
        if member.id != actor.member_id:
            actor.need("manage_review")
        _check_free(account.id, member.id, person.strip())
        session.execute(
            delete(ApprovalPerson).where(ApprovalPerson.account_id == account.id, ApprovalPerson.member_id == member.id)
        )
        if person.strip():
            session.add(
                ApprovalPerson(account_id=account.id, member_id=member.id, person=person.strip(), made_by=actor.member_id)
            )
        audit.note(actor, "review.person", f"member:{member.id}", account=key, person=person.strip())


def _check_free(account: int, member: int, person: str) -> None:
    if len(person) > 64:
        raise Invalid("person", ("平台账号最长 64 个字符", "at most 64 characters"), field="person")
    taken = select(ApprovalPerson.id).where(
        ApprovalPerson.account_id == account,
        func.lower(ApprovalPerson.person) == person.lower(),
        ApprovalPerson.member_id != member,
    )
    if person and db.session.scalar(taken):
        raise Conflict("person_taken", ("这个平台账号已登记给另一位成员", "another member has that name there"))


def list_people(actor: Actor) -> list[KnownPerson]:
    """Who is who, by account and member."""
    actor.need("see_accounts")
    maker = select(Member.id, Member.name.label("by")).subquery()
    query = (
        select(Account.key, Account.name, Member.name, Member.email, ApprovalPerson.person, maker.c.by)
        .select_from(ApprovalPerson)
        .join(Account, Account.id == ApprovalPerson.account_id)
        .join(Member, Member.id == ApprovalPerson.member_id)
        .join(maker, maker.c.id == ApprovalPerson.made_by)
        .order_by(Account.name, Member.name)
    )
    return [KnownPerson(*row) for row in db.session.execute(query)]


def _client(client_id: int | None) -> int | None:
    if client_id is not None and db.session.get(Client, client_id) is None:
        raise NotFound(("客户", "client"), client_id)
    return client_id


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        known = "、".join(KINDS)
        raise Invalid(
            "bad_stage", (f"没有“{kind}”这一级", f"there is no stage '{kind}'"), (f"可选：{known}", f"one of {known}"), "kind"
        )
