"""``mass/speed`` and the count of materials."""

from __future__ import annotations

from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.world import Answer, Call, World

REAL = (80, 60, 45, 30, 10)  # ten thousand people a minute, by step


class Speed:
    """The step is kept with the account's record, as is what its library holds."""

    def __init__(self, world: World) -> None:
        self._world = world

    def get(self, call: Call) -> Answer:
        """``speed/get``."""
        step = int(call.record.get("speed", 0))
        return {"errcode": 0, "errmsg": "ok", "speed": step, "realspeed": REAL[step]}

    def set(self, call: Call) -> Answer:
        """``speed/set``."""
        if "speed" not in call.body:
            raise Err(45084)
        step = call.body["speed"]
        if not isinstance(step, int) or not 0 <= step < len(REAL):
            raise Err(45083)
        self._world.stage.keep(call.app_id, {**call.record, "speed": step})
        return {"errcode": 0, "errmsg": "ok"}

    def materials(self, call: Call) -> Answer:
        """``get_materialcount``."""
        held = call.record.get("materials") or {}
        return {name: int(held.get(name, 0)) for name in ("voice_count", "video_count", "image_count", "news_count")}
