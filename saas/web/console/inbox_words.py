"""What the inbox's pages call things."""

from __future__ import annotations

from saas.kernel.errors import Words

KINDS: dict[str, tuple[Words, str]] = {
    "text": (("文字", "Text"), "message-2"),
    "image": (("图片", "Picture"), "photo"),
    "voice": (("语音", "Voice"), "microphone"),
    "video": (("视频", "Video"), "video"),
    "location": (("位置", "Place"), "route"),
    "link": (("链接", "Link"), "link"),
    "file": (("文件", "File"), "file-text"),
    "click": (("菜单与扫码", "Menu or code"), "apps"),
    "follow": (("关注或加入", "Followed or joined"), "plus"),
    "unfollow": (("取消关注或退出", "Left"), "logout"),
    "muted": (("被禁言", "Muted"), "ban"),
    "unmuted": (("解除禁言", "Unmuted"), "circle-check"),
    "other": (("其他", "Other"), "info-circle"),
}
OCCASIONS: dict[str, Words] = {
    "message": ("收到关键词", "on keywords"),
    "follow": ("有人关注时", "on following"),
    "fallback": ("其他规则都不匹配时", "when no other rule fits"),
}
MATCHING: dict[str, Words] = {
    "contains": ("包含", "contains"),
    "exact": ("完全相同", "is exactly"),
    "starts": ("以它开头", "begins with"),
}
SAYS: dict[str, Words] = {
    "text": ("文字", "Text"),
    "link": ("链接", "Link"),
    "article": ("已发出的文章", "Article that went out"),
}
STATES: dict[str, tuple[Words, str, str]] = {
    "awaiting": (("待批准", "awaits approval"), "person", "hourglass"),
    "approved": (("已批准", "approved"), "ok", "circle-check"),
    "rejected": (("已退回", "rejected"), "bad", "circle-x"),
}
REPLIES: dict[str, tuple[Words, str, str]] = {
    "due": (("待回复", "to be answered"), "", "clock"),
    "calling": (("正在回复", "being answered"), "", "clock"),
    "done": (("已自动回复", "answered"), "ok", "circle-check"),
    "refused": (("未回复", "not answered"), "warn", "alert-circle"),
    "unknown": (("回复结果未知", "answer unknown"), "warn", "help-circle"),
}
WHY: dict[str, Words] = {
    "late": ("已过平台的回复时限", "the platform's reply window was over"),
    "stopped": ("发送已停止", "sending was stopped"),
    "unapproved": ("规则的批准已撤回", "the rule's approval was taken back"),
    "exhausted": ("已达自动回复上限", "the cap of automatic answers was reached"),
    "worker_lost": (
        "发送进程中断，可能已送达，不会重发",
        "the sending process was lost: it may have arrived and is not repeated",
    ),
    "no_channel": ("渠道未安装", "the channel is not installed"),
    "channel": ("渠道出错", "the channel failed"),
    "sealed": ("密钥已更换，无法读取", "the seal cannot be opened"),
}
