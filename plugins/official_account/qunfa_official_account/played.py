"""How the conformance kit plays this channel's simulator: error codes, a template it knows, people who subscribed, a push."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saas.channels import Exhausted, Message, Refused, Template, Throttled, Unauthorized, Unknown
from saas.channels.rehearsal import Prompt, Rehearsal

_ERRORS: Mapping[str, type[Any]] = {
    "-1": Unknown, "45011": Throttled, "45009": Exhausted, "45028": Exhausted, "40001": Unauthorized, "40125": Unauthorized,
    "40164": Unauthorized, "48001": Unauthorized, "50002": Unauthorized, "61003": Unauthorized, "45002": Refused,
    "40003": Refused, "87014": Refused, "43101": Refused, "47001": Refused,
}  # fmt: skip
_TEMPLATE_ERRORS = {code: meant for code, meant in _ERRORS.items() if code not in ("45028",)}
_NOTICE = Template("Tm-rehearsal-0001", {"thing1": "排练", "time2": "2026-04-01 09:30"}, "https://www.example.com/booking")
_SPOKEN = Prompt("/play/say", {"account": "{account}", "person": "o-rehearsal", "text": "在吗"})
_SOON = {"finish_delay": 0.02, "template_delay": 0.02, "subscribed": 100}
KINDS = ("subscription", "service")

REHEARSAL = Rehearsal(
    errors=dict.fromkeys(KINDS, _ERRORS),
    messages={
        "image": Message("image", text="排练贴图\n一张图片"),
        "template": Message("template", template=_NOTICE),
        "notice": Message("notice", template=_NOTICE),
    },
    prompts=dict.fromkeys(KINDS, _SPOKEN),
    record=dict.fromkeys(KINDS, _SOON),
    withdrawal="/_owners/{account}/withdraw",
)
