"""The key ``template`` of campaign.yaml: a template message, or a notice for those who subscribed to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from saas.content.draft import TemplateSource
from saas.content.faults import Words, shown
from saas.content.links import link_fault
from saas.content.strict_yaml import Fields

KEY = "template"
KEYS = ("id", "url", "data", "by", "mini_program")
WAYS: tuple[Literal["template", "subscription"], ...] = ("template", "subscription")
_APP = re.compile(r"wx[0-9a-f]{16}|gh_[0-9a-z]{6,32}")


def read_template(fields: Fields) -> TemplateSource | None:
    """The template as written, with every fault of it; None where there is none."""
    inner = fields.mapping(KEY)
    if inner is None:
        return None
    inner.refuse_unknown(KEYS)
    line, data = fields.lines[KEY], inner.mapping("data")
    values = {name: data.text(name) for name in data.each()} if data else {}
    template = TemplateSource(inner.text("id"), inner.text("url"), values, _way(inner), _mini_program(inner))
    if not template.id:
        _missing(
            inner,
            "id",
            ("模板没有 id", "the template has no id"),
            ("写平台给的模板 id", "write the platform's template id"),
            line,
        )
    if not template.data:
        _missing(
            inner, "data", ("模板没有 data", "the template has no data"), ("写每个字段的值", "write a value for each field"), line
        )
    fault = link_fault(template.url.replace("{", "").replace("}", "")) if template.url else None
    if fault:
        inner.fault(fault.rule, "url", fault.message, ("换成公开网站的 https 地址", "use the https address of a public site"))
    return template


def places_of(template: TemplateSource) -> Sequence[str]:
    """Every text of a template that may name a column of the recipients."""
    return [template.url, template.mini_program.get("path", ""), *template.data.values()]


def _way(inner: Fields) -> Literal["template", "subscription"]:
    """Which interface it goes by; never a notice unless it says so."""
    written = inner.text("by", "template")
    found = next((way for way in WAYS if way == written), None)
    if found is None:
        message = (f"不认识的 by：{shown(written)}", f"unknown by: {shown(written)}")
        inner.fault("template_by", "by", message, ("写 template 或 subscription", "write template or subscription"))
    return found or "template"


def _mini_program(inner: Fields) -> dict[str, str]:
    opened = inner.mapping("mini_program")
    if opened is None:
        return {}
    opened.refuse_unknown(("appid", "path"))
    found = {name: text for name in ("appid", "path") if (text := opened.text(name))}
    if not _APP.fullmatch(found.get("appid", "")):
        message = (
            f"小程序 AppID 不对：{shown(found.get('appid', ''))}",
            f"no app id of a mini program: {shown(found.get('appid', ''))}",
        )
        opened.fault("mini_program", "appid", message, ("写 wx 开头的 18 位 AppID", "write its app id, wx and 16 characters"))
    return found


def _missing(inner: Fields, key: str, message: Words, remedy: Words, line: int) -> None:
    inner.fault("key_missing", key, message, remedy, line)
