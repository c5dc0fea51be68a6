"""How an article looks: styles that travel inside each tag, because platforms drop style sheets and classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


def styles_of(accent: str, ink: str, soft: str, line: str) -> dict[str, str]:
    """The styles of a theme by tag, from its accent, its ink, a soft ground and a line."""
    return {
        "section": f"font-size:16px;line-height:1.75;color:{ink};word-break:break-word",
        "h1": f"margin:32px 0 16px;font-size:22px;line-height:1.4;color:{ink}",
        "h2": f"margin:28px 0 14px;padding-left:10px;border-left:4px solid {accent};font-size:19px;line-height:1.4;color:{ink}",
        "h3": f"margin:24px 0 12px;font-size:17px;line-height:1.4;color:{ink}",
        "h4": f"margin:20px 0 10px;font-size:16px;color:{ink}",
        "p": "margin:0 0 16px",
        "ul": "margin:0 0 16px;padding-left:1.4em",
        "ol": "margin:0 0 16px;padding-left:1.6em",
        "li": "margin:0 0 6px",
        "blockquote": f"margin:0 0 16px;padding:10px 14px;border-left:3px solid {accent};background-color:{soft}",
        "table": "width:100%;margin:0 0 16px;border-collapse:collapse;font-size:15px",
        "th": f"padding:8px 10px;border:1px solid {line};background-color:{soft};text-align:left",
        "td": f"padding:8px 10px;border:1px solid {line}",
        "pre": f"margin:0 0 16px;padding:12px;overflow-x:auto;background-color:{soft};font-size:14px;line-height:1.6",
        "code": f"padding:2px 4px;background-color:{soft};font-family:monospace;font-size:14px",
        "img": "display:block;max-width:100%;height:auto;margin:0 auto 16px",
        "a": f"color:{accent};text-decoration:none",
        "hr": f"margin:24px 0;border:0;border-top:1px solid {line}",
    }


@dataclass(frozen=True, slots=True)
class Theme:
    """Inline styles by tag. ``bare`` tags are those whose style a context replaces (code inside pre)."""

    styles: Mapping[str, str] = field(default_factory=lambda: styles_of("#0f766e", "#1f2937", "#f3f6f5", "#d8dedc"))
    code_in_pre: str = "font-family:monospace"

    def style(self, tag: str, inside_pre: bool, own: str = "") -> str:
        """The style of a tag with the writer's own declarations after it, so that they win."""
        mine = self.code_in_pre if tag == "code" and inside_pre else self.styles.get(tag, "")
        return ";".join(part for part in (mine, own.strip().rstrip(";")) if part)


PLAIN = Theme()
LEAN = Theme(styles={"img": "max-width:100%"}, code_in_pre="")
