"""What codes are called on the pages, with the tone of their badge and their icon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from saas.kernel.errors import Words
from saas.reports import definitions
from saas.reports.definitions import DEFINITIONS, SCENES

Tone = Literal["", "ok", "warn", "bad", "info", "person"]


@dataclass(frozen=True, slots=True)
class Label:
    """A code's words, its tone (a CSS class) and its icon in the sprite."""

    words: Words
    tone: Tone = ""
    icon: str = "point"


CAMPAIGN_STATES: dict[str, Label] = {
    "awaiting_approval": Label(("等待审批", "waiting for approval"), "person", "user-check"),
    "approved": Label(("已批准", "approved"), "ok", "check"),
    "scheduled": Label(("已排期", "scheduled"), "info", "calendar-event"),
    "sending": Label(("发送中", "sending"), "info", "send"),
    "waiting": Label(("等待中", "waiting"), "warn", "clock-pause"),
    "done": Label(("已完成", "done"), "ok", "circle-check"),
    "incomplete": Label(("未全部送出", "incomplete"), "warn", "alert-triangle"),
    "rejected": Label(("已退回", "rejected"), "bad", "arrow-back-up"),
    "cancelled": Label(("已取消", "cancelled"), "", "ban"),
}

ACCOUNT_STATES: dict[str, Label] = {
    "planned": Label(("未开始", "not started"), "", "clock"),
    "waiting": Label(("等待时机", "waiting"), "warn", "clock-pause"),
    "sending": Label(("发送中", "sending"), "info", "send"),
    "accepted": Label(("平台已接收", "accepted"), "info", "progress"),
    "awaiting": Label(("等人操作", "needs a person"), "person", "user"),
    "sent": Label(("已送达", "sent"), "ok", "circle-check"),
    "partly_sent": Label(("部分送达", "partly sent"), "warn", "circle-check"),
    "failed": Label(("失败", "failed"), "bad", "circle-x"),
    "skipped": Label(("已跳过", "skipped"), "", "ban"),
    "exhausted": Label(("额度用尽", "cap used up"), "warn", "gauge"),
    "unauthorized": Label(("账号不可用", "account cannot send"), "bad", "lock"),
    "unknown": Label(("结果未知", "unknown"), "warn", "help-circle"),
    "missed": Label(("已错过", "missed"), "bad", "hourglass"),
    "recalled": Label(("已收回", "taken back"), "", "arrow-back-up"),
    "cancelled": Label(("已取消", "cancelled"), "", "ban"),
}

SEVERITIES: dict[str, Label] = {
    "block": Label(("阻止发送", "blocks"), "bad", "circle-x"),
    "warn": Label(("提醒", "warning"), "warn", "alert-triangle"),
    "note": Label(("说明", "note"), "", "info-circle"),
}

COUNTS: dict[str, Words] = {
    "intended": ("计划", "intended"),
    "accepted": ("平台接收", "accepted"),
    "delivered": ("送达", "delivered"),
    "in_progress": ("进行中", "in progress"),
    "awaiting": ("等人操作", "awaiting a person"),
    "unknown": ("未知", "unknown"),
    "failed": ("失败", "failed"),
    "skipped": ("跳过", "skipped"),
}
SEGMENTS: dict[str, Words] = {
    **{name: COUNTS[name] for name in ("delivered", "in_progress", "awaiting", "unknown", "failed", "skipped")},
    "planned": ("未开始", "not started"),
}
BEFORE_RELEASE = frozenset({"awaiting_approval", "approved", "scheduled", "rejected"})
"""States of a campaign in which nothing can have gone out."""
NOT_STARTED = frozenset({"planned", "waiting"})
"""States of an account in which nothing has gone out."""

KINDS: dict[str, Label] = {
    "articles": Label(("图文", "articles"), icon="file-text"),
    "text": Label(("文字", "text"), icon="message-2"),
    "image": Label(("图片", "image"), icon="photo"),
    "video": Label(("视频", "video"), icon="video"),
    "link": Label(("链接卡片", "link card"), icon="link"),
    "miniprogram": Label(("小程序卡片", "mini program"), icon="world"),
    "template": Label(("模板消息", "template message"), icon="bell"),
    "notice": Label(("订阅通知", "subscription notice"), icon="bell"),
    "file": Label(("文件", "file"), icon="file-text"),
}

RATES: dict[str, tuple[Words, Words]] = {
    "delivery": (("送达率", "Delivery rate"), ("送达 ÷ 计划", "delivered ÷ intended")),
    "open": (("打开率", "Open rate"), ("打开 ÷ 送达", "opened ÷ delivered")),
    "share": (("分享率", "Share rate"), ("分享 ÷ 打开", "shared ÷ opened")),
}

FIGURES: dict[str, Words] = {
    **{name: one.title for name, one in DEFINITIONS.items()},
    **SCENES,
    "unfollowed": ("取消关注", "unfollowed"),
    "clicked": ("点击", "clicks"),
    "audience": ("账号自己登记的人数", "people by the account's own figure"),
}

SOURCES: dict[str, Words] = definitions.SOURCES

RECALLS: dict[str, tuple[Words, Words]] = {
    "recall": (("撤回", "Recall"), ("消息会从对方手机上消失", "the message vanishes from phones")),
    "take_down": (
        ("下架文章", "Take down"),
        ("文章页面失效，已送达的卡片仍留在对方手机上", "the page dies; cards already delivered stay on phones"),
    ),
    "stop_unsent": (
        ("停止未发出的", "Stop unsent"),
        ("只停下成员还没有发出的部分，已发出的收不回", "stops only what members have not sent; the rest cannot be taken back"),
    ),
    "none": (("无法收回", "Cannot be taken back"), ("这个渠道发出后无法收回", "this channel cannot take anything back")),
}

CHANNEL_ICONS: dict[str, str] = {
    "official_account": "brand-wechat",
    "wecom": "building",
    "qq_group": "brand-qq",
    "personal": "user-circle",
    "webhook": "world",
}

UNITS: dict[str, Words] = {"person": ("人", "people"), "group": ("群", "groups"), "page": ("次发表", "publications")}


def label(table: dict[str, Label], code: str) -> Label:
    """The label of a code; a code of a plugin we do not know shows as itself."""
    return table.get(code) or Label((code, code))
