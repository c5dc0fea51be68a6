"""An uploaded campaign folder: a zip, laid down under a name of ours for the length of one request.

It is never unpacked to disk: the content room reads entry by entry, behind its guard against bombs, links and paths.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from werkzeug.datastructures import FileStorage

from saas.kernel.errors import Invalid


@contextmanager
def uploaded_folder(file: FileStorage | None) -> Iterator[Path]:
    """The path of the zip for ``check_folder`` and ``prepare_campaign``. Invalid when it is missing or no zip."""
    if file is None:
        raise Invalid(
            "folder_missing",
            ("没有上传活动文件夹", "no campaign folder was uploaded"),
            ("以 zip 形式放在 folder 字段", "send a zip in the field 'folder'"),
            "folder",
        )
    with TemporaryDirectory(prefix="qunfa-upload-") as place:
        path = Path(place) / "campaign.zip"
        file.save(path)
        if not zipfile.is_zipfile(path):
            words = (
                ("上传的不是 zip 文件", "what was uploaded is no zip"),
                ("把活动文件夹压缩成 zip 后上传", "zip the campaign folder and upload that"),
            )
            raise Invalid("folder_type", *words, "folder")
        yield path
