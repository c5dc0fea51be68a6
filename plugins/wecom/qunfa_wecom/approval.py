"""WeCom's own approval (审批): an application for a template, found again by its mark, and what its approvers said.

The platform has no key that makes a repeat safe: the mark stands in the title, and the listing is searched for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from qunfa_wecom.errors import PlatformError, describe, outcome_of
from qunfa_wecom.line import Line
from saas.channels import (
    Absent,
    Account,
    Application,
    ApprovalForm,
    ApprovalState,
    Control,
    NotSent,
    Opinion,
    Outcome,
    Platform,
    Receipt,
    Refused,
    Unknown,
    hookimpl,
)

ANY_ONE, APPROVERS = 2, 1  # 或签; a node of approvers
PAGE, PAGES = 100, 20
SLACK, SURE_AFTER = 60, 30.0
SUMMARY = 20
FORMS: Mapping[str, Literal["text", "time"]] = {"Text": "text", "Textarea": "text", "Date": "time"}
STATES: Mapping[int, Literal["waiting", "approved", "refused", "withdrawn", "deleted"]] = {
    1: "waiting", 2: "approved", 3: "refused", 4: "withdrawn", 6: "withdrawn", 7: "deleted", 10: "approved",
}  # fmt: skip
WORDS: Mapping[int, Literal["waiting", "approved", "refused", "passed_on"]] = {
    1: "waiting", 2: "approved", 3: "refused", 4: "passed_on", 13: "approved",
}  # fmt: skip


@hookimpl
async def approval_form(account: Account, template: str, platform: Platform) -> ApprovalForm:
    """A template with its controls, by ``gettemplatedetail``."""
    try:
        told = await _template(Line(account, platform), template)
    except PlatformError as error:
        raise NotSent(describe(error)) from error
    controls = tuple(
        Control(str(one["id"]), _words(one.get("title")), FORMS.get(str(one["control"]), "other"), bool(one.get("require")))
        for one in _properties(told)
        if one["control"] != "Tips"
    )
    return ApprovalForm(_words(told.get("template_names")), controls)


@hookimpl
async def submit_approval(account: Account, application: Application, platform: Platform) -> Outcome:
    """``applyevent``, for a template whose controls were looked at right before."""
    line = Line(account, platform)
    try:
        controls = {str(one["id"]): one for one in _properties(await _template(line, application.template))}
        if missing := _missing(controls, application):
            return Refused(f"审批模板的必填控件没有内容：{missing} / required controls of the template are empty: {missing}")
        told = await line.act("oa/applyevent", _request(controls, application))
    except PlatformError as error:
        return outcome_of(error, platform.now(), account.zone)
    return Receipt({"approval": str(told["sp_no"])}) if told.get("sp_no") else Unknown("平台没有给出审批单号 / no number of it")


@hookimpl
async def find_approval(account: Account, application: Application, platform: Platform) -> Outcome:
    """The application that carries the mark, among all of its template and applicant since it was first asked for."""
    line, now = Line(account, platform), platform.now()
    began = application.asked_at.timestamp()
    try:
        for number in await _numbers(line, application, int(began) - SLACK, int(now.timestamp()) + SLACK):
            detail = await line.ask("oa/getapprovaldetail", {"sp_no": number})
            if _mark(application) in str((detail.get("info") or {}).get("apply_data")):
                return Receipt({"approval": number})
    except PlatformError as error:
        return Unknown(describe(error))
    except NotSent as error:
        return Unknown(str(error))
    if now.timestamp() - began < SURE_AFTER:
        return Unknown("平台可能尚未列出 / the platform may not list it yet")
    return Absent("审批单列表中没有这次申请 / the listing of applications does not have it")


@hookimpl
async def approval_person(account: Account, person: str, platform: Platform) -> str:
    """Members in the app's visible range alone can apply and decide (path/91853); case makes no difference in a userid."""
    try:
        told = await Line(account, platform).ask("user/simplelist", params={"department_id": "1", "fetch_child": "1"})
    except PlatformError as error:
        raise NotSent(describe(error)) from error
    if any(str(user.get("userid", "")).lower() == person.lower() for user in told.get("userlist") or []):
        return ""
    return "应用可见范围内没有这个 userid / no member in the app's visible range has this userid"


@hookimpl
async def approval_state(account: Account, approval: str, platform: Platform) -> ApprovalState:
    """``getapprovaldetail``; a state that is not known here counts as waiting."""
    try:
        told = await Line(account, platform).ask("oa/getapprovaldetail", {"sp_no": approval})
    except PlatformError as error:
        raise NotSent(describe(error)) from error
    info = told.get("info") or {}
    if str(info.get("sp_no", approval)) != approval:
        raise NotSent("平台答的是另一张审批单 / the platform spoke of another application")
    return ApprovalState(STATES.get(int(info.get("sp_status") or 1), "waiting"), tuple(_opinions(info)))


def _opinions(info: Mapping[str, Any]) -> list[Opinion]:
    """From the list of nodes; from the older record where the platform gives no list."""
    nodes = (info.get("process_list") or {}).get("node_list") or []
    found = [
        _opinion(one.get("userid"), one.get("sp_yj"), one.get("speech"), one.get("sptime"))
        for node in nodes
        if int(node.get("node_type") or 0) == APPROVERS
        for one in node.get("sub_node_list") or ()
    ]
    return found or [
        _opinion((one.get("approver") or {}).get("userid"), one.get("sp_status"), one.get("speech"), one.get("sptime"))
        for record in info.get("sp_record") or ()
        for one in record.get("details") or ()
    ]


def _opinion(person: Any, word: Any, speech: Any, at: Any) -> Opinion:
    return Opinion(str(person or ""), WORDS.get(int(word or 1), "passed_on"), str(speech or "").strip(), float(at or 0))


async def _template(line: Line, template: str) -> dict[str, Any]:
    return await line.ask("oa/gettemplatedetail", {"template_id": template})


def _properties(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The controls' properties, with their configuration's kind of date."""
    controls = (told.get("template_content") or {}).get("controls") or []
    dates = [((one.get("config") or {}).get("date") or {}).get("type", "hour") for one in controls]
    return [{**one["property"], "date": date} for one, date in zip(controls, dates, strict=True)]


def _words(given: Any) -> str:
    return str(given[0].get("text", "")) if given else ""


def _missing(controls: Mapping[str, Mapping[str, Any]], application: Application) -> str:
    """The required controls that nothing is said in; and one that holds nothing but words, when the title has no other place."""
    empty = [one for id, one in controls.items() if one.get("require") and id not in application.places]
    gone = [id for id in application.places if id not in controls]
    return "、".join([*(_words(one.get("title")) for one in empty), *gone])


def _mark(application: Application) -> str:
    return f"[{application.key[:16]}]"


def _request(controls: Mapping[str, Mapping[str, Any]], application: Application) -> dict[str, Any]:
    contents = [
        {"control": controls[id]["control"], "id": id, "value": _value(controls[id], said, application)}
        for id, said in application.places.items()
    ]
    body: dict[str, Any] = {
        "creator_userid": application.applicant,
        "template_id": application.template,
        "use_template_approver": 0 if application.approvers else 1,
        "apply_data": {"contents": contents},
        "summary_list": [_summary(application.says[name]) for name in ("title", "time") if application.says.get(name)],
    }
    if application.approvers:
        node = {"type": APPROVERS, "apv_rel": ANY_ONE, "userid": list(application.approvers)}
        body["process"] = {"node_list": [node]}
    return body


def _value(control: Mapping[str, Any], said: str, application: Application) -> dict[str, Any]:
    if control["control"] == "Date":
        at = int(application.at.timestamp()) if application.at else 0
        return {"date": {"type": control.get("date", "hour"), "s_timestamp": str(at or "")}}
    words = application.says.get(said, "")
    return {"text": f"{words} {_mark(application)}" if said == "title" else words}


def _summary(words: str) -> dict[str, Any]:
    return {"summary_info": [{"text": words[:SUMMARY], "lang": "zh_CN"}]}


async def _numbers(line: Line, application: Application, start: int, end: int) -> list[str]:
    """Every application of the template by the applicant in the time; NotSent when there are too many to look at."""
    filters = [{"key": "template_id", "value": application.template}, {"key": "creator", "value": application.applicant}]
    body: dict[str, Any] = {"starttime": str(start), "endtime": str(end), "size": PAGE, "filters": filters, "new_cursor": ""}
    found: list[str] = []
    for _ in range(PAGES):
        told = await line.ask("oa/getapprovalinfo", body)
        found += [str(number) for number in told.get("sp_no_list") or ()]
        if not told.get("new_next_cursor"):
            return found
        body["new_cursor"] = told["new_next_cursor"]
    raise NotSent("审批单太多，无法逐一核对 / too many applications to look at")
