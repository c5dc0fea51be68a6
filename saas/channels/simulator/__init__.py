"""The kit for rehearsal servers: a channel's own stand-in for its platform, a real HTTP server on loopback.

A simulator enforces the platform's rules and writes every effect (something a person would have seen) to an
append-only log, which is the truth that tests compare the ledger with. Faults can be switched on; the clock can run faster.

A channel gives a ``Simulator`` from its hook ``simulator``; ``python -m saas.channels.simulator NAME --data DIR`` runs it.
"""

from saas.channels.simulator.faults import FAULTS, BadSetting, Fault, check, check_rate
from saas.channels.simulator.kit import Enrolled, Enrolment, Simulator
from saas.channels.simulator.stage import Effect, Stage

__all__ = ["FAULTS", "BadSetting", "Effect", "Enrolled", "Enrolment", "Fault", "Simulator", "Stage", "check", "check_rate"]
