"""What is said of a dispatch that came too late: when it was planned, when it came up, how late that was. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from saas.kernel.errors import Words

SILENT, STOPPED = "unreachable", "stopped"


def missed_words(due_at: datetime, deadline: datetime, now: datetime, zone: str, code: str = "") -> str:
    """In both languages. ``code``: what stood in the way of its deliveries until now, as far as they were tried."""
    own = ZoneInfo(zone)
    due, last, came = (moment.astimezone(own) for moment in (due_at, deadline, now))
    planned, latest = f"{due:%Y-%m-%d %H:%M}", f"{last:%H:%M}" if last.date() == due.date() else f"{last:%Y-%m-%d %H:%M}"
    late, most = span(now - due_at), span(deadline - due_at)
    if code == SILENT:
        return (
            f"计划 {planned}，到最晚 {latest}（{most[0]}）平台一直没有应答"
            f" / planned {planned}; the platform did not answer until the latest moment, {latest} ({most[1]})"
        )
    if code == STOPPED:
        return (
            f"计划 {planned}，发送被停止，到最晚 {latest}（{most[0]}）没有解除"
            f" / planned {planned}; sending was stopped and not let go on before the latest moment, {latest} ({most[1]})"
        )
    return (
        f"计划 {planned}，{came:%Y-%m-%d %H:%M} 才轮到，晚了 {late[0]}，最多可晚 {most[0]}"
        f" / planned {planned}, came up {came:%Y-%m-%d %H:%M}, {late[1]} late; at most {most[1]} is allowed"
    )


def span(length: timedelta) -> Words:
    """A length of time, in whole units: 14 小时 5 分钟, 14 h 5 min."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} 秒", f"{seconds} s"
    minutes, hours = seconds // 60 % 60, seconds // 3600
    if not hours:
        return f"{minutes} 分钟", f"{minutes} min"
    if hours >= 48:
        return f"{hours // 24} 天", f"{hours // 24} days"
    return (f"{hours} 小时 {minutes} 分钟", f"{hours} h {minutes} min") if minutes else (f"{hours} 小时", f"{hours} h")
