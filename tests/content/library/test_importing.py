"""What comes into the library from files, and goes out again as it came."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from saas.content.folder import read_folder
from saas.content.library import exporting, searching, service, uses
from saas.content.library.exporting import Plan, export_folder, export_zip
from saas.content.library.importing.upload import import_upload
from saas.content.library.searching import Wish
from saas.kernel.errors import Invalid
from tests.conftest import House

COFFEE = """---
title: 第一批云南水洗豆到店
author: 山岚咖啡
digest: 高海拔、慢发酵。
cover: images/cover.jpg
crops:
  "2.35:1": 0 0.1 1 0.5
  focus: 0.25 0.75
footer: <p>门店 <img src="images/code.png" alt="码"></p>
original: true
comments: true
source_url: https://www.example.com/beans
tags: [节气, 咖啡]
variants:
  moon-one: {title: 月亮说咖啡, digest: 短, cover: images/other.jpg, footer: "<p>月亮</p>"}
---
## 从采摘到杯中

![吧台](images/杯子.jpg) 与 <img src="images/code.png">，见[门店](https://www.example.com/images/code.png)。

| 风味 | 强度 |
| --- | --- |
| 柑橘 | 中高 |
"""
STARS = '---\ntitle: 看星星\n---\n<section style="display:flex" data-x="1"><p>𠮷😀 <img src="images/other.jpg"></p></section>\n'
CAMPAIGN = """name: 春季
kind: articles
articles: [articles/1-coffee.md, articles/2-stars.html]
text: 三件小事
link: {title: 三件小事, url: "https://www.example.com/spring", image: images/cover.jpg}
accounts: [nobody-knows]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A campaign folder with articles in both forms, pictures of two sizes, a text and a link."""
    spring = tmp_path / "spring"
    for name in ("articles", "images", "material"):
        (spring / name).mkdir(parents=True)
    for name, size, colour in (
        ("cover.jpg", (3000, 1500), "teal"),
        ("other.jpg", (900, 500), "gold"),
        ("杯子.jpg", (800, 600), "brown"),
    ):
        Image.new("RGB", size, colour).save(spring / "images" / name)
    Image.new("RGB", (200, 200), "black").save(spring / "images/code.png")
    (spring / "articles/1-coffee.md").write_text(COFFEE, encoding="utf-8")
    (spring / "articles/2-stars.html").write_text(STARS, encoding="utf-8")
    (spring / "campaign.yaml").write_text(CAMPAIGN, encoding="utf-8")
    (spring / "material/1.txt").write_text("另一段文字\n", encoding="utf-8")
    card = (
        "kind: mini_program\ntitle: 点单\nappid: wx1234567890abcdef\npath: pages/index\nimage: images/cover.jpg\ntags: [小程序]\n"
    )
    (spring / "material/2.yaml").write_text(card, encoding="utf-8")
    return spring


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file with its bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_campaign_folder_comes_in_with_its_pictures_and_what_single_accounts_say(house: House, folder: Path) -> None:
    with house.within():
        editor, moon = house.actor("editor"), house.client("Moon")
        made = import_upload(editor, moon, folder)
        pages = [service.read(editor, item) for item in made.items]
        used = uses.where_used(editor, searching.search(editor, Wish(words="code.png"))[0].id)
    assert [page.row.kind for page in pages] == ["article", "article", "text", "link", "text", "mini_program"]
    coffee, stars = pages[0], pages[1]
    assert made.files == 4 and coffee.row.tags == ("咖啡", "节气")
    assert coffee.content["cover"]["crops"] == {"2.35:1": [0, 0.1, 1, 0.5]} and coffee.content["cover"]["focus"] == [0.25, 0.75]
    assert coffee.content["variants"]["moon-one"]["title"] == "月亮说咖啡"
    assert (
        coffee.content["source"]["markdown"].count("media:") == 2
        and "https://www.example.com/images/code.png" in coffee.content["source"]["markdown"]
    )
    assert coffee.content["body"].count('src="media:') == 2 and "<table" in coffee.content["body"]
    assert stars.content["body"].startswith('<section style="display:flex" data-x="1"><p>𠮷😀 <img src="media:')
    assert [one.row.title for one in used.items] == ["第一批云南水洗豆到店"]
    assert "picture_fitted" in {found.rule for found in made.notes}


def test_import_export_import_is_a_fixed_point(house: House, folder: Path, tmp_path: Path) -> None:
    house.account("moon-one", channel="official_account", kind="subscription")
    with house.within():
        editor = house.actor("editor")
        for number, client in enumerate(("Moon", "Sun", "Star")):
            source = folder if number == 0 else tmp_path / str(number - 1)
            made = import_upload(editor, house.client(client), source)
            export_folder(editor, list(made.items), tmp_path / str(number), Plan(name="春季", accounts=["moon-one"]))
        export_zip(editor, list(made.items), tmp_path / "a.zip", Plan(name="春季", accounts=["moon-one"]))
        again = import_upload(editor, house.client("Zip"), tmp_path / "a.zip")
        contents = [service.read(editor, item).content for item in made.items]
        assert [service.read(editor, item).content for item in again.items] == contents
    assert bytes_of(tmp_path / "0") == bytes_of(tmp_path / "1") == bytes_of(tmp_path / "2")
    reading = read_folder(tmp_path / "2")
    assert [found for found in reading.findings if found.severity == "block"] == []
    assert reading.campaign is not None and len(reading.campaign.articles) == 2


def test_an_export_names_the_accounts_of_the_client_that_can_say_it(house: House, folder: Path, tmp_path: Path) -> None:
    house.account("moon-one", channel="official_account", kind="subscription")
    house.account("sun-one", channel="official_account", kind="subscription", client="Sun")
    with house.within():
        editor, moon = house.actor("editor"), house.client("Moon")
        import_upload(editor, moon, folder)
        export_folder(editor, exporting.everything(editor, moon), tmp_path / "out")
    draft = read_folder(tmp_path / "out").campaign
    assert draft is not None and draft.accounts == ("moon-one",) and draft.kind == "articles"


def test_an_article_whose_body_was_edited_goes_out_as_html(house: House, folder: Path, tmp_path: Path) -> None:
    with house.within():
        editor = house.actor("editor")
        item = import_upload(editor, house.client("Moon"), folder).items[0]
        content = service.read(editor, item).content
        service.save(editor, item, 1, {**content, "title": "只改题目"})
        kept = service.read(editor, item).content
        service.save(editor, item, 2, {**kept, "body": kept["body"].replace("柑橘", "橙子")})
        edited = service.read(editor, item).content
        export_folder(editor, [item], tmp_path / "out", Plan(accounts=["moon-one"]))
    assert kept["source"] == content["source"] and edited["source"] == {}
    files = bytes_of(tmp_path / "out")
    article = next(data for name, data in files.items() if name.endswith(".html")).decode()
    assert "橙子" in article and "media:" not in article
    assert [found for found in read_folder(tmp_path / "out").findings if found.severity == "block"] == []


def test_a_second_import_keeps_each_picture_once(house: House, folder: Path) -> None:
    with house.within():
        editor, moon = house.actor("editor"), house.client("Moon")
        first, second = import_upload(editor, moon, folder), import_upload(editor, moon, folder)
    assert (first.files, second.files) == (4, 0)
    assert house.one("SELECT count(*) FROM library_items WHERE kind = 'picture'") == 4


def test_a_folder_of_markdown_without_a_campaign_comes_in_too(house: House, folder: Path, tmp_path: Path) -> None:
    (folder / "campaign.yaml").unlink()
    shutil.rmtree(folder / "material")
    with zipfile.ZipFile(tmp_path / "notes.zip", "w") as archive:
        for name, data in bytes_of(folder).items():
            archive.writestr(name, data)
    with house.within():
        made = import_upload(house.actor("editor"), house.client("Moon"), tmp_path / "notes.zip")
        assert [row.kind for row in searching.some(made.items)] == ["article", "article"]


def test_what_cannot_be_read_is_listed_whole_and_nothing_is_stored(house: House, folder: Path) -> None:
    (folder / "images/other.jpg").write_bytes((folder / "images/other.jpg").read_bytes()[:900])
    (folder / "images/杯子.jpg").unlink()
    (folder / "articles/2-stars.html").write_bytes("---\ntitle: 看\n---\n<p>星</p>".encode("utf-16"))
    with house.within(), pytest.raises(Invalid) as fault:
        import_upload(house.actor("editor"), house.client("Moon"), folder)
    rules = {found["rule"] for found in fault.value.detail["findings"] if found["severity"] == "block"}
    assert {"picture_truncated", "file_missing", "encoding"} <= rules
    assert all(found["remedy"][0] for found in fault.value.detail["findings"] if found["severity"] == "block")
    assert house.one("SELECT count(*) FROM library_items") == house.one("SELECT count(*) FROM blobs") == 0


def test_what_the_library_has_no_place_for_is_told_by_name(house: House, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name in ("b.md", "里面.zip", "a.webp", ".hidden", "__MACOSX/._b.md"):
            archive.writestr(name, "---\ntitle: 外面\n---\n正文\n")
    with house.within():
        done = import_upload(house.actor("editor"), house.client("Moon"), tmp_path / "x.zip")
    assert [(one.where, one.severity) for one in done.notes if one.rule == "file_left_out"] == [
        ("a.webp", "warn"),
        ("里面.zip", "warn"),
    ]


def test_a_zip_whose_list_of_names_cannot_be_read_is_refused(house: House, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("春天.md", "好")
    (tmp_path / "x.zip").write_bytes((tmp_path / "x.zip").read_bytes().replace("春天".encode(), b"\xb4\xba\xcc\xec__"))
    with house.within(), pytest.raises(Invalid) as fault:
        import_upload(house.actor("editor"), house.client("Moon"), tmp_path / "x.zip")
    assert fault.value.code == "zip_damaged"


def test_a_page_of_html_brings_its_title_and_the_pictures_inside_it(house: House, tmp_path: Path) -> None:
    import base64
    import io

    png = io.BytesIO()
    Image.new("RGB", (30, 30), "red").save(png, "PNG")
    inside = base64.b64encode(png.getvalue()).decode()
    page = (
        '<html><head><meta charset="gb2312"><title>换季 &amp; 掉毛</title><meta name="author" content="喵屿">'
        "<script>x()</script></head>"
        f'<body onload="x()"><h2>好</h2><p>正文<img src="data:image/png;base64,{inside}" alt="红">'
        '<img src="https://e.example/x.png"></p></body></html>'
    )
    (tmp_path / "page.html").write_bytes(page.encode("gb18030"))
    with house.within():
        editor = house.actor("editor")
        made = import_upload(editor, house.client("Moon"), tmp_path / "page.html")
        content = service.read(editor, made.items[0]).content
    assert (content["title"], content["author"]) == ("换季 & 掉毛", "喵屿")
    assert (
        content["body"].startswith('<h2>好</h2><p>正文<img src="media:')
        and 'data-src="https://e.example/x.png"' in content["body"]
    )
    assert "picture_foreign" in {found.rule for found in made.notes} and made.files == 1


def test_videos_and_voice_are_kept_as_what_they_are(house: House, tmp_path: Path) -> None:
    wave = (
        b"RIFF"
        + (36 + 16000).to_bytes(4, "little")
        + b"WAVEfmt "
        + (16).to_bytes(4, "little")
        + bytes(4)
        + (8000).to_bytes(4, "little")
    )
    wave += (8000).to_bytes(4, "little") + bytes(4) + b"data" + (16000).to_bytes(4, "little") + bytes(16000)
    head = (100).to_bytes(4, "big") + b"mvhd" + bytes(12) + (1000).to_bytes(4, "big") + (7500).to_bytes(4, "big") + bytes(72)
    film = (16).to_bytes(4, "big") + b"ftypisom" + bytes(4) + (108).to_bytes(4, "big") + b"moov" + head
    (tmp_path / "a.wav").write_bytes(wave)
    (tmp_path / "b.mov").write_bytes(film)
    with house.within():
        editor, moon = house.actor("editor"), house.client("Moon")
        for name in ("a.wav", "b.mov"):
            import_upload(editor, moon, tmp_path / name)
        found = {row.title: row.kind for row in searching.search(editor, Wish())}
        seconds = {row.title: service.read(editor, row.id).content["seconds"] for row in searching.search(editor, Wish())}
    assert found == {"a.wav": "voice", "b.mp4": "video"} and seconds == {"a.wav": 2, "b.mp4": 7}
