"""Turning lines of the access table into requests."""

from __future__ import annotations

import re


def address(name: str, values: dict[str, object]) -> tuple[str, str]:
    """Method and path of a line such as ``GET /campaigns/<int:campaign_id>``."""
    method, rule = name.split(" ", 1)
    return method, re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values.get(found[1], "mark.svg")), rule)
