"""The conformance kit: a channel's promises, tried against its own simulator.

    from saas.channels.conformance import verify

    def test_the_channel_keeps_its_promises():
        assert verify("my_channel").failed == []

``CHECKS`` are the promises in order, each with an id that never changes; ``docs/channels/kit.md`` says what each of them does.
``verify`` needs nothing but the contract: no database, no server of the product. ``qunfa channel verify`` prints the same.
"""

from saas.channels.conformance.judging import CHECKS, judge, judge_plugin, verify
from saas.channels.conformance.verdict import Broken, Check, NotJudged, Result, Verdict

__all__ = ["CHECKS", "Broken", "Check", "NotJudged", "Result", "Verdict", "judge", "judge_plugin", "verify"]
