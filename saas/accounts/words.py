"""What is wrong with an account and what a person must do about it, in both languages."""

from __future__ import annotations

TROUBLE: dict[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "credentials": (
        ("凭证不正确", "wrong credentials"),
        ("请在账号设置中重新填写 AppID/密钥", "enter the id and secret again in the account's settings"),
    ),
    "ip_not_listed": (
        ("服务器 IP 不在平台白名单中", "the server's IP is not on the platform's list"),
        (
            "请客户管理员在平台后台把服务器 IP 加入白名单，约 5 分钟后生效",
            "ask the client's admin to list the server's IP; it takes about 5 minutes",
        ),
    ),
    "revoked": (
        ("授权已被取消", "the authorisation was revoked"),
        ("请客户重新授权该账号", "ask the client to authorise the account again"),
    ),
    "unverified": (
        ("账号未认证，接口不能群发", "the account is not verified, the API may not send"),
        (
            "草稿可由人工在平台后台发送，或请客户完成认证",
            "a person can send the draft in the platform's console; or the client has the account verified",
        ),
    ),
    "no_right": (
        ("账号缺少此接口的权限", "the account lacks the right for this"),
        ("请客户管理员在平台后台开通权限或重新授权", "ask the client's admin to grant the right, or to authorise again"),
    ),
    "admin_confirmation": (
        ("等待平台管理员确认", "waiting for the platform's admin to confirm"),
        ("请客户管理员在手机上确认后重试", "the client's admin confirms on the phone; then try again"),
    ),
    "banned": (
        ("账号已被平台封禁或限制", "the platform has banned or restricted the account"),
        ("请停止发送并联系平台申诉", "stop sending and appeal to the platform"),
    ),
    "opt_in": (
        ("此类账号需先由所有者确认风险", "this kind of account needs an owner's consent to its risk first"),
        ("请所有者阅读风险说明并确认", "an owner reads the risk and accepts it"),
    ),
}


def trouble_words(reason: str) -> tuple[str, str]:
    """What is wrong and what to do, as one sentence each in (zh, en); empty for no trouble."""
    if reason not in TROUBLE:
        return (reason, reason)
    (zh, en), (do_zh, do_en) = TROUBLE[reason]
    return (f"{zh}：{do_zh}", f"{en}: {do_en}")
