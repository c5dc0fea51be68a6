"""Word documents, made part by part."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from PIL import Image

TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
    "</Types>"
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="' + OFFICE + '" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)


def paragraph(text: str, style: str = "") -> str:
    """A paragraph."""
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{look}<w:r><w:t>{text}</w:t></w:r></w:p>"


def drawing(relation: str, how: str = "embed") -> str:
    """A paragraph with a picture of that relationship."""
    inner = (
        f'<wp:inline><wp:docPr id="1" name="p" descr="一杯咖啡"/><a:graphic><a:graphicData><pic:pic><pic:blipFill>'
        f'<a:blip r:{how}="{relation}"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>'
    )
    return f"<w:p><w:r><w:drawing>{inner}</w:drawing></w:r></w:p>"


def table(rows: int, columns: int) -> str:
    """A table of numbered cells."""
    cells = [[f"<w:tc>{paragraph(f'{r}-{c}')}</w:tc>" for c in range(columns)] for r in range(rows)]
    return "<w:tbl>" + "".join("<w:tr>" + "".join(row) + "</w:tr>" for row in cells) + "</w:tbl>"


def relation(name: str, kind: str, target: str, outside: bool = False) -> str:
    """A relationship of the document."""
    mode = ' TargetMode="External"' if outside else ""
    return f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>'


def png() -> bytes:
    """A small picture."""
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "brown").save(stream, "PNG")
    return stream.getvalue()


def document(path: Path, body: str, relations: str = "", parts: dict[str, bytes] | None = None, head: str = "") -> Path:
    """Write a document."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELS.format(relation("r0", "officeDocument", "word/document.xml")))
        archive.writestr("word/_rels/document.xml.rels", RELS.format(relations))
        xml = f'<?xml version="1.0" encoding="UTF-8"?>{head}<w:document {NAMES}><w:body>{body}</w:body></w:document>'
        archive.writestr("word/document.xml", xml)
        for name, data in (parts or {}).items():
            archive.writestr(name, data)
    return path
