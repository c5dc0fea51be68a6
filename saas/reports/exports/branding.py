"""Whose name a report bears: the agency's or the client's logo, colour and foot line."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError
from sqlalchemy import text

from saas.kernel.database import db, transaction
from saas.kernel.errors import Invalid, NotFound
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Client

COLOUR = "#0a6a4d"
LARGEST, WIDE, HIGH, PIXELS = 900_000, 600, 240, 20_000_000
KINDS = ("PNG", "JPEG", "WEBP")
OWN = text("SELECT colour, footer, logo FROM brandings WHERE client_id IS NOT DISTINCT FROM :client")
KEEP = text("""
  INSERT INTO brandings AS b (client_id, colour, footer, logo) VALUES (:client, :colour, :footer, :logo)
  ON CONFLICT (tenant_id, client_id) DO UPDATE SET colour = excluded.colour, footer = excluded.footer, changed_at = now(),
    logo = CASE WHEN :keep THEN b.logo ELSE excluded.logo END""")
BAD_LOGO = ("标志须为 900 KB 以内的 PNG、JPG 或 WebP 图片", "the logo must be a PNG, JPG or WebP picture of at most 900 kB")


@dataclass(frozen=True, slots=True)
class Branding:
    """Colour as #rrggbb, a foot line, and the logo as PNG (empty: none)."""

    colour: str = COLOUR
    footer: str = ""
    logo: bytes = b""


def branding(client: int | None) -> Branding:
    """The client's own where it has one, each part else the agency's, else the product's."""
    found = [own for own in ((_own(client) if client else None), _own(None)) if own]
    return Branding(
        next((one.colour for one in found if one.colour), COLOUR),
        next((one.footer for one in found if one.footer), ""),
        next((one.logo for one in found if one.logo), b""),
    )


def own_branding(actor: Actor, client: int | None) -> Branding:
    """What is set for this client (None: the agency) itself; empty where nothing is. Forbidden; NotFound."""
    actor.need("manage_accounts")
    _check_client(client)
    return _own(client) or Branding("", "", b"")


def set_branding(actor: Actor, client: int | None, colour: str, footer: str, logo: bytes | None) -> None:
    """Set it. ``logo`` None keeps what there is, empty removes it. Forbidden, NotFound, Invalid."""
    actor.need("manage_accounts")
    _check_client(client)
    if colour and not re.fullmatch(r"#[0-9a-f]{6}", colour.lower()):
        words = ("颜色写成 #0a6a4d 这样", "write the colour as #0a6a4d")
        raise Invalid("bad_colour", words, field="colour")
    if len(footer) > 120:
        words = (
            f"页脚最多 120 字，现在 {len(footer)} 字",
            f"the foot line has {len(footer)} characters, at most 120 are possible",
        )
        raise Invalid("footer_long", words, field="footer")
    drawn = drawn_anew(logo) if logo else b""
    with transaction() as session:
        values = {"client": client, "colour": colour.lower(), "footer": footer, "logo": drawn or None, "keep": logo is None}
        session.execute(KEEP, values)
        audit.note(actor, "reports.brand", str(client or ""), colour=colour, footer=footer)


def drawn_anew(uploaded: bytes) -> bytes:
    """The picture as a PNG of ours, small enough for a page: nothing of the file but its pixels goes on. Invalid."""
    if len(uploaded) > LARGEST:
        raise Invalid("logo_type", BAD_LOGO, field="logo")
    try:
        with Image.open(io.BytesIO(uploaded), formats=KINDS) as opened:
            if opened.width * opened.height > PIXELS:
                raise Invalid("logo_type", BAD_LOGO, field="logo")
            picture = opened.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as fault:
        raise Invalid("logo_type", BAD_LOGO, field="logo") from fault
    picture.thumbnail((WIDE, HIGH))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _own(client: int | None) -> Branding | None:
    row = db.session.execute(OWN, {"client": client}).first()
    return Branding(row.colour, row.footer, bytes(row.logo or b"")) if row else None


def _check_client(client: int | None) -> None:
    if client is not None and db.session.get(Client, client) is None:
        raise NotFound(("客户", "client"), client)
