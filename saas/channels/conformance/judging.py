"""The list of promises, and how a channel is held to them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from saas.channels.channel import Text
from saas.channels.conformance import (
    answers,
    approvals,
    caps,
    consent,
    content,
    credentials,
    imports,
    listening,
    manners,
    packs,
    paging,
    pushes,
    recalls,
    repeats,
    replies,
    secrets,
)
from saas.channels.conformance.awaits import slip
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken, Check, NotJudged, Result, Verdict
from saas.channels.registry import BadChannel, Installed, Registry

CONTRACT = "contract"
"""The check that comes first always: the registry takes the channel."""

CHECKS: tuple[Check, ...] = (
    Check("import-quiet", Text("导入时不联网", "no network at import"), imports.import_quiet),
    Check("titles", Text("名称有中英文", "titles in both languages"), manners.titles_in_both),
    Check("rules-dated", Text("规则有日期和出处", "rule pack dated, with sources"), packs.rules_dated),
    Check("limits-pure", Text("限额查询无副作用，可被账号改写", "limits are pure and can be overridden"), packs.limits_pure),
    Check("simulator-steady", Text("模拟平台可重现", "the simulator is steady"), manners.simulator_steady),
    Check("content", Text("声明的内容类型确能发送", "content kinds honest"), content.content_honest),
    Check("too-large", Text("过大的消息在调用前被拒绝", "too large refused before the call"), content.too_large_refused),
    Check("caps", Text("声明的上限就是平台的上限", "caps honest"), caps.caps_honest),
    Check("errors", Text("平台错误对应正确的结果", "errors mapped"), answers.errors_mapped),
    Check("unknown", Text("无从得知时如实说未知", "unknown told as unknown"), answers.unknown_told),
    Check("unreachable", Text("确未送达时如实说明", "unreachable told as such"), answers.unreachable_told),
    Check("timeouts", Text("遵守超时", "timeouts respected"), answers.timeouts_kept),
    Check("repeat", Text("按声明的方式重试不会重复发送", "repeat safe as declared"), repeats.repeat_safe),
    Check("recall", Text("撤回如实", "recall truthful"), recalls.recall_truthful),
    Check("credentials", Text("凭据有误时指出字段和处理办法", "bad credentials named"), credentials.credentials_named),
    Check("asks", Text("查询不产生任何发送", "asking sends nothing"), credentials.asks_send_nothing),
    Check("apart", Text("账号之间互不影响", "accounts kept apart"), credentials.accounts_apart),
    Check("callbacks", Text("回调经过验证", "callbacks verified"), pushes.callbacks_verified),
    Check("replies", Text("自动回复如实、只说一次", "answers to people given once, as declared"), replies.replies_kept),
    Check("consent", Text("授权只换一次，撤回当即得知", "consents redeemed once, withdrawals heard"), consent.consent_kept),
    Check("approvals", Text("平台审批如实，伪造的不算", "the platform's approvals told as they are"), approvals.approvals_kept),
    Check("lines", Text("监听的事件可辨认，断开必说明", "what is heard is told apart, a lost line told"), listening.lines_kept),
    Check("audience", Text("受众逐页列全且不重复", "audience listed whole, page by page"), paging.audience_paged),
    Check("figures", Text("进度与统计合理", "progress and figures plain"), paging.figures_plain),
    Check("secrets", Text("密钥绝不外泄", "secrets never logged"), secrets.secrets_kept),
    Check("async", Text("不阻塞事件循环", "hooks never hold the loop"), manners.hooks_async),
    Check("line", Text("只经由平台连接通信", "one line to the platform"), manners.own_line),
)


def verify(name: str, only: Iterable[str] = ()) -> Verdict | None:
    """Hold the installed channel of that name to its promises, or to ``only`` some. None when it is not installed.

    A channel that the registry refuses fails the check ``contract``.
    """
    try:
        installed = Registry.from_entry_points(only=name).get(name)
    except BadChannel as refused:
        return Verdict(name, (Result(CONTRACT, False, str(refused)),))
    return judge(installed, only) if installed else None


def judge(installed: Installed, only: Iterable[str] = ()) -> Verdict:
    """Hold a registered channel to its promises. What is not installed can be tried by a ``Registry`` of one's own."""
    first = Result(CONTRACT, True, f"contract {installed.channel.contract}, {len(installed.channel.kinds)} account kinds")
    wanted = set(only)
    if strange := wanted - {CONTRACT} - {check.id for check in CHECKS}:
        raise ValueError(f"there is no check '{sorted(strange)[0]}'; there are: {', '.join(check.id for check in CHECKS)}")
    checks = [check for check in CHECKS if not wanted or check.id in wanted]
    if installed.hook.simulator is None:
        missing = "there is no hook 'simulator': nothing can be tried without the platform's stand-in"
        return Verdict(installed.channel.name, (first, *(Result(check.id, False, missing) for check in checks)))
    return Verdict(installed.channel.name, (first, *(_tried(installed, check) for check in checks)))


def judge_plugin(name: str, plugin: object, only: Iterable[str] = ()) -> Verdict:
    """Hold a plugin that need not be installed to its promises; one the registry refuses fails the check ``contract``."""
    registry = Registry()
    try:
        registry.register(name, plugin)
        registry.freeze()
    except BadChannel as refused:
        return Verdict(name, (Result(CONTRACT, False, str(refused)),))
    installed = registry.get(name)
    assert installed is not None
    return judge(installed, only)


def _tried(installed: Installed, check: Check) -> Result:
    """One check, in a loop of its own."""
    try:
        return Result(check.id, True, asyncio.run(check.judge(Troupe(installed))))
    except Broken as broken:
        return Result(check.id, False, str(broken))
    except NotJudged as why:
        return Result(check.id, True, f"not judged: {why}")
    except Exception as error:
        told = slip(error) or str(error)[:160]
        return Result(check.id, False, f"the channel broke the check with {type(error).__name__}: {told}")
