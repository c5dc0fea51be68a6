"""The kit fails each faulty channel for its own fault, and for nothing else."""

from __future__ import annotations

import pytest

from saas.channels.conformance import CHECKS, judge_plugin
from tests.channels.kit.conftest import Made
from tests.channels.kit.faulty import FAULTY, SHARED, Faulty


@pytest.mark.parametrize("faulty", FAULTY, ids=[faulty.name for faulty in FAULTY])
def test_a_faulty_channel_fails_for_its_own_fault_and_only_that(made: Made, faulty: Faulty) -> None:
    verdict = judge_plugin(faulty.name, made(faulty.name, faulty.changes))
    assert verdict.failed == [faulty.check], [(r.id, r.detail) for r in verdict.results if not r.passed]


def test_every_check_has_a_channel_that_fails_it() -> None:
    assert {faulty.check for faulty in FAULTY} == {check.id for check in CHECKS}


@pytest.mark.parametrize("shared", sorted(SHARED))
def test_what_faulty_channels_share_is_no_fault(made: Made, shared: str) -> None:
    verdict = judge_plugin("prompt_one", made("prompt_one", SHARED[shared]))
    assert verdict.passed, [(r.id, r.detail) for r in verdict.results if not r.passed]


def test_a_channel_without_a_fault_passes(made: Made) -> None:
    verdict = judge_plugin("spotless", made("spotless", ()))
    assert verdict.passed, [(r.id, r.detail) for r in verdict.results if not r.passed]
