"""Word documents: what they say comes in, what they carry besides does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from saas.content.library import service
from saas.content.library.importing.batch import Imported
from saas.content.library.importing.upload import import_upload
from saas.kernel.errors import Invalid
from tests.conftest import House
from tests.content.library.documents import document, drawing, paragraph, png, relation, table


def taken_in(house: House, path: Path) -> tuple[Imported, dict[str, Any]]:
    """The import, and the content of its first item."""
    with house.within():
        editor = house.actor("editor")
        made = import_upload(editor, house.client("Moon"), path)
        return made, dict(service.read(editor, made.items[0]).content)


def test_words_tables_links_and_pictures_come_in(house: House, tmp_path: Path) -> None:
    link = '<w:p><w:hyperlink r:id="r2"><w:r><w:t>门店</w:t></w:r></w:hyperlink></w:p>'
    body = paragraph("换季掉毛", "Heading1") + paragraph("正文 𠮷 😀 שלום") + table(2, 2) + link + drawing("r1")
    relations = relation("r1", "image", "media/a.png") + relation(
        "r2", "hyperlink", "https://www.example.com/stores", outside=True
    )
    styles = (
        b'<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        b'<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>'
    )
    path = document(tmp_path / "体检.docx", body, relations, {"word/media/a.png": png(), "word/styles.xml": styles})
    made, content = taken_in(house, path)
    assert content["title"] == "换季掉毛" and made.files == 1
    assert "正文 𠮷 😀 שלום" in content["body"] and "1-1" in content["body"] and "换季掉毛" not in content["body"]
    assert 'href="https://www.example.com/stores"' in content["body"]
    assert 'alt="一杯咖啡"' in content["body"] and 'src="media:' in content["body"] and "style=" in content["body"]


def test_a_picture_that_lies_elsewhere_is_left_out_and_told(house: House, tmp_path: Path) -> None:
    relations = relation("r1", "image", "http://169.254.169.254/a.png", outside=True)
    path = document(tmp_path / "a.docx", paragraph("好") + drawing("r1", "link"), relations)
    made, content = taken_in(house, path)
    assert "docx_external_picture" in {found.rule for found in made.notes}
    assert "169.254" not in content["body"] and "好" in content["body"] and made.files == 0


def test_a_picture_that_no_platform_takes_is_left_out_and_told(house: House, tmp_path: Path) -> None:
    relations = relation("r1", "image", "media/a.emf")
    path = document(
        tmp_path / "a.docx", paragraph("好") + drawing("r1"), relations, {"word/media/a.emf": b"\x01\x00\x00\x00" + bytes(200)}
    )
    made, content = taken_in(house, path)
    assert ("picture_type", "warn") in {(found.rule, found.severity) for found in made.notes}
    assert "<img" not in content["body"]


@pytest.mark.parametrize(
    ("rule", "relations", "parts", "head"),
    [
        ("docx_macros", "", {"word/vbaProject.bin": b"x"}, ""),
        ("docx_macros", "", {"word/activeX/activeX1.bin": b"x"}, ""),
        ("docx_macros", "", {"word/embeddings/oleObject1.bin": b"x"}, ""),
        ("docx_external", relation("r1", "attachedTemplate", "http://e.example/t.dotm", outside=True), {}, ""),
        ("docx_external", relation("r1", "oleObject", "file:///etc/passwd", outside=True), {}, ""),
        ("docx_external", relation("r1", "frame", "https://e.example/f", outside=True), {}, ""),
        ("docx_damaged", "", {}, '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'),
        ("zip_bomb", "", {"word/media/a.png": bytes(40_000_000)}, ""),
        ("path_leaves_folder", "", {"../evil.xml": b"x"}, ""),
        (
            "file_too_large",
            "",
            {"word/footnotes.xml": b"<a>" + b"".join(b"<b n='%d'/>" % n for n in range(600_000)) + b"</a>"},
            "",
        ),
    ],
)
def test_what_a_document_must_not_carry_is_refused_by_name(
    house: House, tmp_path: Path, rule: str, relations: str, parts: dict[str, bytes], head: str
) -> None:
    path = document(tmp_path / "a.docx", paragraph("好"), relations, parts, head)
    with house.within(), pytest.raises(Invalid) as fault:
        import_upload(house.actor("editor"), house.client("Moon"), path)
    found = fault.value.detail["findings"]
    assert [one["rule"] for one in found] == [rule]
    assert found[0]["where"] == "a.docx" and found[0]["message"][0] and found[0]["remedy"][1]
    assert house.one("SELECT count(*) FROM library_items") == 0


def test_a_file_that_only_calls_itself_a_document_is_refused(house: House, tmp_path: Path) -> None:
    for name, data in (("a.docx", b"no zip at all"), ("b.doc", b"\xd0\xcf\x11\xe0")):
        (tmp_path / name).write_bytes(data)
        with house.within(), pytest.raises(Invalid) as fault:
            import_upload(house.actor("editor"), house.client("Moon"), tmp_path / name)
        assert fault.value.code == "docx_damaged"


def test_tables_nested_without_end_are_refused(house: House, tmp_path: Path) -> None:
    nested = "<w:tbl><w:tr><w:tc>" * 3000 + paragraph("深") + "</w:tc></w:tr></w:tbl>" * 3000
    with house.within(), pytest.raises(Invalid) as fault:
        import_upload(house.actor("editor"), house.client("Moon"), document(tmp_path / "a.docx", nested))
    assert {one["rule"] for one in fault.value.detail["findings"]} <= {"docx_depth", "docx_damaged", "body_depth"}


def test_a_table_of_five_thousand_cells_comes_in_whole(house: House, tmp_path: Path) -> None:
    _, content = taken_in(house, document(tmp_path / "a.docx", table(100, 50)))
    assert content["body"].count("<td") == 5000 and "99-49" in content["body"]
