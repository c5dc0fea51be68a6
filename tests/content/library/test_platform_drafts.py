"""An account's own draft box into the library: with its pictures, once, and never over what was written here."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from saas.accounts.channels import registry
from saas.accounts.credentials import seal
from saas.accounts.models import Account
from saas.channels.simulator import Enrolment, Fault
from saas.channels.simulator.server import Server
from saas.content.library import service
from saas.content.library.importing.platform_drafts import import_drafts, list_drafts
from saas.kernel.database import transaction
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from saas.kernel.sealing import Sealer
from saas.kernel.settings import settings
from tests.conftest import House


class Box:
    """A rehearsal Official Account whose editor somebody writes in."""

    def __init__(self, house: House, folder: Path) -> None:
        found = registry().get("official_account")
        assert found
        self.loop, self.folder = asyncio.new_event_loop(), folder
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.server = Server(found.hook.simulator(), folder)
        asyncio.run_coroutine_threadsafe(self.server.start(), self.loop).result(20)
        enrolled = self.server.simulator.enrol(Enrolment("shop", "subscription", "山岚", 50, ""), self.server.stage.address)
        self.server.stage.keep(enrolled.id, {**enrolled.record, "key": "shop", "callback_path": ""})
        self.id, self.credentials = enrolled.id, enrolled.credentials
        client = house.client("Moon")
        with house.within(), transaction() as session:
            row = Account(
                client_id=client, key="shop", channel="official_account", kind="subscription", name="山岚", audience_size=50
            )
            row.settings = dict(enrolled.settings)
            session.add(row)
            session.flush()
            row.credentials = seal(Sealer(settings().encryption_keys), house.tenant, row.id, enrolled.credentials)
        secret = {"grant_type": "client_credential", "appid": self.id, "secret": self.credentials["app_secret"]}
        self.token = self.ask("/cgi-bin/stable_token", json.dumps(secret).encode())["access_token"]

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(), self.loop).result(20)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def ask(self, path: str, body: bytes, mime: str = "application/json") -> dict[str, Any]:
        address = f"{self.server.stage.address}{path}" + (
            f"?access_token={self.token}&type=image" if hasattr(self, "token") else ""
        )
        request = urllib.request.Request(address, body, {"Content-Type": mime})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return dict(json.loads(answer.read()))

    def upload(self, path: str, colour: str) -> dict[str, Any]:
        stream = io.BytesIO()
        Image.new("RGB", (900, 500), colour).save(stream, "PNG")
        head = b'--cut\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
        return self.ask(path, head + stream.getvalue() + b"\r\n--cut--\r\n", "multipart/form-data; boundary=cut")

    def write(self, title: str, words: str) -> str:
        """A draft of one article with a picture and a cover; its id."""
        inside, cover = (
            self.upload("/cgi-bin/media/uploadimg", "teal")["url"],
            self.upload("/cgi-bin/material/add_material", "gold"),
        )
        article = {
            "title": title, "author": "山岚", "digest": "短", "thumb_media_id": cover["media_id"], "need_open_comment": 1,
            "content": f'<section data-tool="x"><p>{words}</p><img data-src="{inside}" src="{inside}"></section>',
            "pic_crop_235_1": "0.000000_0.100000_1.000000_0.600000",
        }  # fmt: skip
        body = json.dumps({"articles": [article]}, ensure_ascii=False).encode()
        return str(self.ask("/cgi-bin/draft/add", body)["media_id"])

    def change(self, media_id: str, before: str, after: str) -> None:
        """Somebody edits the draft in the platform's editor."""
        file = next(self.folder.rglob(f"{media_id}.json"))
        file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")


@pytest.fixture
def box(house: House, tmp_path: Path) -> Iterator[Box]:
    made = Box(house, tmp_path)
    yield made
    made.close()


def test_a_draft_comes_in_with_its_pictures_and_is_known_again(house: House, box: Box) -> None:
    media_id = box.write("第一批豆子", "高海拔")
    box.write("第二批", "别的")
    with house.within():
        editor = house.actor("editor")
        assert {row.titles for row in list_drafts(editor, "shop")} == {("第一批豆子",), ("第二批",)}
        made = import_drafts(editor, "shop", [media_id], folder="草稿", tags=["公众号"])
        page = service.read(editor, made.items[0])
        again = import_drafts(editor, "shop", [media_id])
        listed = {row.id: row.items for row in list_drafts(editor, "shop")}
        assert listed[media_id] == (made.items[0],)
        assert len(service.versions(editor, made.items[0])) == 1
    content = page.content
    assert (page.row.folder, page.row.tags, content["title"], content["comments"]) == ("草稿", ("公众号",), "第一批豆子", True)
    assert content["body"].startswith('<section data-tool="x"><p>高海拔</p><img src="media:') and "mmbiz" not in content["body"]
    assert content["cover"]["crops"] == {"2.35:1": [0.0, 0.1, 1.0, 0.5]}
    assert made.files == 2 and (again.items, again.known, again.files) == (made.items, 1, 0)


def test_what_changed_there_becomes_a_version_unless_it_changed_here_too(house: House, box: Box) -> None:
    media_id = box.write("豆子", "高海拔")
    with house.within():
        editor = house.actor("editor")
        item = import_drafts(editor, "shop", [media_id]).items[0]
        box.change(media_id, "高海拔", "低海拔")
        import_drafts(editor, "shop", [media_id])
        second = service.read(editor, item)
        service.save(editor, item, 2, {**second.content, "title": "这里改的"})
        box.change(media_id, "低海拔", "中海拔")
        made = import_drafts(editor, "shop", [media_id])
        held = service.read(editor, item)
    assert second.number == 2 and "低海拔" in second.content["body"]
    assert held.number == 3 and held.content["title"] == "这里改的" and "低海拔" in held.content["body"]
    assert "draft_both_changed" in {found.rule for found in made.notes}


def test_a_silent_platform_another_channel_and_a_missing_draft_are_said(house: House, box: Box) -> None:
    house.account("moon-one", channel="personal", kind="assisted")
    with house.within():
        editor = house.actor("editor")
        with pytest.raises(NotFound):
            import_drafts(editor, "shop", ["none"])
        with pytest.raises(Invalid, match="no draft box"):
            list_drafts(editor, "moon-one")
        with pytest.raises(Forbidden):
            import_drafts(house.actor("analyst"), "shop", ["x"])
        box.server.stage.faults.add(Fault("error", "", "/draft/batchget", "48001", 1))
        with pytest.raises(Conflict, match="48001"):
            list_drafts(editor, "shop")
    assert house.one("SELECT count(*) FROM library_items") == 0
