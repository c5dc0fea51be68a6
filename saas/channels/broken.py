"""How a line broke, in words for people (``中文 / English``): a reason never tells the name of a class."""

from __future__ import annotations

import re

BEFORE_THE_ANSWER = "连接在答复之前断开 / the connection broke before the answer"
TOO_LATE = "平台没有按时答复 / the platform did not answer in time"
NO_CONNECTION = "连不上平台 / no connection to the platform"
HALF = "答复不完整 / the answer was not whole"
NO_CERTIFICATE = "平台的证书不可信 / the platform's certificate cannot be trusted"
NO_ADDRESS = "平台的地址写法有误 / the platform's address is malformed"
PRIVATE = (
    "这个地址在内网，本系统未放行；运行本系统的人可用 QUNFA_PRIVATE_HOSTS 放行"
    " / a private address, which this installation does not reach; who runs it can allow it by QUNFA_PRIVATE_HOSTS"
)
SOMEHOW = "与平台的通信中断 / the exchange with the platform broke off"
INSIDE = "渠道内部出错，详情见日志 / the channel itself failed; the log tells more"
NO_REASON = "没有给出原因 / no reason was given"

KINDS: dict[str, str] = {
    "ServerDisconnectedError": BEFORE_THE_ANSWER,
    "ClientOSError": BEFORE_THE_ANSWER,
    "ConnectionResetError": BEFORE_THE_ANSWER,
    "ClientConnectionResetError": BEFORE_THE_ANSWER,
    "BrokenPipeError": BEFORE_THE_ANSWER,
    "TimeoutError": TOO_LATE,
    "ServerTimeoutError": TOO_LATE,
    "SocketTimeoutError": TOO_LATE,
    "ConnectionTimeoutError": NO_CONNECTION,
    "ClientConnectorError": NO_CONNECTION,
    "ClientConnectorDNSError": NO_CONNECTION,
    "ClientProxyConnectionError": NO_CONNECTION,
    "ConnectionRefusedError": NO_CONNECTION,
    "ClientConnectorSSLError": NO_CERTIFICATE,
    "ClientSSLError": NO_CERTIFICATE,
    "ClientConnectorCertificateError": NO_CERTIFICATE,
    "ClientPayloadError": HALF,
    "ClientResponseError": HALF,
    "IncompleteReadError": HALF,
    "InvalidURL": NO_ADDRESS,
    "InvalidUrlClientError": NO_ADDRESS,
    "Unknown": NO_REASON,
    "Unreachable": NO_CONNECTION,
}
OURS: dict[str, str] = {
    "the worker did not come back": "发送进程中断，没有回来 / the worker did not come back",
    "set aside after three lost workers": "三个发送进程在此中断，已搁置 / set aside after three lost workers",
    "the platform no longer knows our key": "平台已不记得这次发送的键，不能再凭键重发 / the platform no longer knows our key",
}
"""What the database's functions keep as a reason, in both languages."""
_FAILED = re.compile(r"^the channel failed: \w+$")
_CLASS = re.compile(r"^((?:[^:]*: )*)([A-Z]\w*(?:Error|Exception|URL)|Unknown|Unreachable)$")


class PrivateAddress(OSError):
    """A host that stands for an address which channels may not reach."""


def words_of(error: BaseException) -> str:
    """What to tell of an error on the line: its kind alone, for its text may hold an address with a token in the query."""
    if isinstance(getattr(error, "os_error", None), PrivateAddress):
        return PRIVATE
    return KINDS.get(type(error).__name__, SOMEHOW)


def plain(reason: str) -> str:
    """A reason as people read it: one that was kept as the name of a class is put into words."""
    if _FAILED.match(reason):
        return INSIDE
    if reason in OURS:
        return OURS[reason]
    found = _CLASS.match(reason)
    return found[1] + KINDS.get(found[2], SOMEHOW) if found else reason
