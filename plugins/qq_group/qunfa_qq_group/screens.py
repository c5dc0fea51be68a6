"""Where a group meets a message: one bubble of words, and pictures below."""

from __future__ import annotations

from qunfa_qq_group.kinds import truthy
from qunfa_qq_group.wording import plain
from saas.channels import Account, Message, Piece, Screen, Text

_FLASH = Text("以闪照发出：按住才能看，看过即焚", "sent as a flash image: seen while held, then gone")


def screens(account: Account, message: Message) -> list[Screen]:
    """The one screen of a group."""
    words = plain(message)
    shown: tuple[Piece, ...] = (*(("text",) if words else ()), *(("pictures",) if message.images else ()))
    flash = bool(message.images) and truthy(account.settings.get("flash_images"))
    return [Screen("group", Text("群聊", "Group"), "group", "qq", shown, words, note=_FLASH if flash else None)]
