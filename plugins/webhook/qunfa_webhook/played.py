"""How the conformance kit plays this channel's simulator."""

from __future__ import annotations

from saas.channels import Refused, Throttled, Unauthorized, Unknown
from saas.channels.rehearsal import Prompt, Rehearsal

REHEARSAL = Rehearsal(
    errors={
        "own": {"401": Unauthorized, "404": Refused, "413": Refused, "422": Refused, "429": Throttled, "408": Unknown},
        "feishu": {"19021": Unauthorized, "19001": Unauthorized, "19024": Refused, "11232": Throttled, "9499": Refused},
        "dingtalk": {"310000": Unauthorized, "300005": Unauthorized, "130101": Throttled, "460101": Refused, "-1": Unknown},
    },
    prompts={"own": Prompt("/play/say", {"account": "{account}", "from": "somebody", "text": "在吗"})},
)
