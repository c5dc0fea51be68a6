"""How a message looks to the people it reaches: the channel says on which screens they meet it, the product draws them.

A channel knows where its platform puts a message and what it leaves out; it draws nothing. Words are (zh, en).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from saas.channels.channel import Text

Place = Literal["fold", "chat", "group", "feed", "page"]
Skin = Literal["wechat", "wecom", "qq"]
Piece = Literal["articles", "article", "link", "text", "pictures", "template"]


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen of a phone.

    ``place``: *fold* a list in which the platform gathers accounts, *chat* a conversation with the sender, *group* one of many,
    *feed* a wall of posts, *page* the article itself. ``skin``: whose app it is.
    ``shows``: what is seen there, from the top: *articles* all of them as one card, the first one large; *article* one as a small
    card, as it is passed on; *link*, *text*, *pictures*, *template* that part of the message. Nothing for a *page*.
    ``text``: the words of a *text* where they are not the message's own. ``sender``: who speaks where it is not the account.
    ``note``: what the platform does that the picture cannot show.
    """

    name: str
    title: Text
    place: Place
    skin: Skin
    shows: tuple[Piece, ...] = ()
    text: str = ""
    sender: Text | None = None
    note: Text | None = None
