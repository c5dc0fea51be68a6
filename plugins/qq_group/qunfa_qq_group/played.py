"""How the conformance kit plays this channel's simulator: what error codes mean on both protocols, and a member who speaks."""

from __future__ import annotations

from saas.channels import Exhausted, Refused, Throttled, Unauthorized, Unknown
from saas.channels.rehearsal import Prompt, Rehearsal

_SPEAKS = Prompt("/play/say", {"account": "{account}", "group": "{target}", "text": "在吗"})

REHEARSAL = Rehearsal(
    errors={
        "official": {
            "11253": Unauthorized, "11298": Unauthorized, "11265": Unauthorized, "100017": Throttled, "40034100": Exhausted,
            "40034105": Refused, "40054010": Refused, "40034006": Refused, "40054007": Refused, "50055001": Unknown,
        },
        "onebot": {"1200": Unknown, "1400": Refused, "1403": Unauthorized, "1404": Refused, "1429": Throttled},
    },
    prompts={"official": _SPEAKS, "onebot": _SPEAKS},
)  # fmt: skip
