"""A mass send made in the platform's own console tells of itself when it is finished."""

from __future__ import annotations

import pytest

from qunfa_official_account.events import MASS_CAPS, events
from qunfa_official_account.limits import pack
from saas.channels import Progressed

JOB = {"MsgType": "event", "Event": "MASSSENDJOBFINISH", "CreateTime": "1763790000", "MsgID": "1000000077", "TotalCount": "9"}


def finished(**fields: str) -> Progressed:
    (event,) = events({**JOB, **fields})
    assert isinstance(event, Progressed)
    return event


def test_a_finished_job_names_the_caps_it_counts_in_should_it_not_be_ours():
    event = finished(Status="send success", FilterCount="9", SentCount="9", ErrorCount="0")
    assert (event.foreign, event.at, event.id_value) == (("mass_day", "mass_month"), 1763790000.0, "1000000077")


@pytest.mark.parametrize("status", ["send fail", "err(10001)", "err(40002)"])
def test_a_job_that_did_not_go_out_counts_nowhere(status: str):
    assert finished(Status=status).foreign == ()


def test_the_caps_it_names_are_in_the_pack():
    assert set(MASS_CAPS) <= {rule["name"] for rule in pack().rules if rule["type"] == "cap"}
