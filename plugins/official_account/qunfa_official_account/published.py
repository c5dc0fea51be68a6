"""How the platform words the state of a publication, in its answers and in its event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saas.channels import Progress

PUBLISHING = "1"
STANDS = {
    "0": "",
    "5": "发表后被账号删除 / published, then deleted by the account",
    "6": "发表后被平台封禁 / published, then banned by the platform",
}
FAILED = {
    "2": "原创审核未通过 / refused as not original",
    "3": "平台发表失败 / the platform could not publish it",
    "4": "平台审核不通过 / refused by the platform's examination",
}


def of_state(info: Mapping[str, Any]) -> Progress | None:
    """The end of a publication; None while it goes on, or when the platform says nothing we know.

    Numbers come as numbers or as text. A publication is one page, whatever it holds: it stands or it does not.
    """
    status, ids = str(info.get("publish_status", "")).strip(), _ids(info)
    if status in STANDS:
        return Progress(
            delivered=1, final=True, code="" if status == "0" else f"publish_{status}", reason=STANDS[status], ids=ids
        )
    if status in FAILED:
        return Progress(final=True, rest="failed", code=f"publish_{status}", reason=_why(status, info), ids=ids)
    return None


def _ids(info: Mapping[str, Any]) -> dict[str, str]:
    detail = info.get("article_detail")
    items = detail.get("item") if isinstance(detail, Mapping) else None
    first = items[0] if isinstance(items, list) and items else items
    url = str(first.get("article_url") or "") if isinstance(first, Mapping) else ""
    told = {"article_id": str(info.get("article_id") or "").strip(), "article_url": url.strip()}
    return {name: value for name, value in told.items() if value}


def _why(status: str, info: Mapping[str, Any]) -> str:
    """The reason, with the numbers of the articles at fault where the platform names them."""
    at_fault = info.get("fail_idx")
    numbers = [str(one) for one in (at_fault if isinstance(at_fault, list) else [at_fault]) if str(one or "").strip().isdigit()]
    return f"{FAILED[status]} [{', '.join(numbers)}]" if numbers else FAILED[status]
