"""How the conformance kit plays this channel's simulator: error codes, a customer who comes, a member who speaks, an approver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saas.channels import Refused, Throttled, Unauthorized, Unknown
from saas.channels.rehearsal import Applying, Prompt, Rehearsal

_ERRORS: Mapping[str, type[Any]] = {
    "-1": Unknown, "45033": Throttled, "40001": Unauthorized, "40013": Unauthorized, "60020": Unauthorized,
    "48002": Unauthorized, "42009": Unauthorized, "40058": Refused, "45002": Refused, "44001": Refused,
}  # fmt: skip
_ROBOT: Mapping[str, type[Any]] = {"45009": Throttled, "93000": Unauthorized, "40058": Refused, "-1": Unknown}
_COMES = Prompt("/people/{account}", {"change": "add"})
_SAYS = Prompt("/people/{account}/say", {"member": "zhang.san", "text": "在吗"})
_SHEET = "/people/{account}/approvals/{approval}"
_DECIDES = {act: Prompt(_SHEET, {"act": act, "person": "{approver}"}) for act in ("approve", "refuse", "withdraw")}
_APPLIES = Applying(
    template="3WK7HbDbpLeqEcQyiqXYDr8xEtbNXxnwCJqFEuJD",
    applicant="Member0001",
    approver="Member0002",
    agree=_DECIDES["approve"],
    refuse=_DECIDES["refuse"],
    withdraw=_DECIDES["withdraw"],
)

REHEARSAL = Rehearsal(
    errors={
        "customer": _ERRORS,
        "groups": _ERRORS,
        "app": _ERRORS,
        "moments": _ERRORS,
        "robot": _ROBOT,
        "appchat": {**_ERRORS, "86001": Refused, "86003": Refused},
    },
    prompts={"customer": _COMES, "moments": _COMES, "app": _SAYS},
    withdrawal="/_corps/{suite_id}/{account}/withdraw",
    applications={"app": _APPLIES},
)
