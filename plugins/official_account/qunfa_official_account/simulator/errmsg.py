"""How the platform words its errors. The wording is not verified and changes; clients match on numbers."""

from __future__ import annotations

import secrets
from typing import Any

TEXTS = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid meida size",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40013: "invalid appid",
    40014: "invalid access_token",
    40031: "invalid openid list",
    40032: "invalid openid list size",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40037: "invalid template_id",
    40059: "invalid msg id",
    40060: "invalid article_idx",
    40065: "invalid msg status",
    40097: "invalid args",
    40125: "invalid appsecret",
    40130: "invalid openid list size, at least two openid",
    40152: "invalid group id",
    40164: "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist",
    41001: "access_token missing",
    41005: "media data missing",
    41006: "missing media_id",
    41039: "invalid content_source_url",
    42001: "access_token expired",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    44001: "empty media data",
    44002: "empty post data",
    44003: "empty news data",
    44004: "empty content",
    45002: "content size out of limit",
    45003: "title size out of limit",
    45004: "description size out of limit",
    45005: "url size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45028: "has no masssend quota",
    45056: "too many tag now, no need to add new",
    45065: "clientmsgid exist",
    45066: "same clientmsgid retry too fast",
    45067: "clientmsgid size out of limit",
    45083: "the speed out of range",
    45084: "No speed message",
    45110: "author size out of limit",
    45157: "invalid tag name",
    45158: "tag name too long",
    45159: "invalid tag id",
    45166: "invalid content",
    47001: "data format error",
    47003: "argument invalid!",
    48001: "api unauthorized",
    48006: "api 禁止清零调用次数，因为清零次数达到上限",
    61500: "date format error",
    61501: "date range error",
    61503: "data not ready, please try later",
    76021: "cgi_path not found",
    88000: "without comment privilege",
    40114: "invalid index value",
    53502: "invalid publish_id",
    53600: "invalid article_id",
    61003: "component is not authorized by this account",
    61004: "access clientip is not registered",
    61005: "component ticket is expired",
    61006: "component ticket is invalid",
    61007: "api is unauthorized to component",
    61009: "code is invalid",
    61011: "invalid component",
    61023: "refresh_token is invalid",
    61024: "must use api(api_component_token) to get token for component acct",
    61028: "component is unpublished",
}


class Err(Exception):
    """A refusal of the rehearsal platform: its number, and what else the answer carries."""

    def __init__(self, code: int, hint: str = "", **more: Any) -> None:
        super().__init__(str(code))
        self.code, self.hint, self.more = code, hint, more

    def answer(self) -> dict[str, Any]:
        """The answer's fields."""
        return {"errcode": self.code, "errmsg": worded(self.code, self.hint), **self.more}


def worded(code: int, hint: str = "") -> str:
    """An error text with a request id at its end, as the platform gives it."""
    rid = "-".join(secrets.token_hex(4) for _ in range(3))
    return f"{TEXTS.get(code, 'error')}{' ' + hint if hint else ''} rid: {rid}"
