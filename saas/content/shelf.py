"""The pictures of one folder: each read once, fitted once for each set of limits, one in memory at a time."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import replace

from saas.channels import Finding, Picture
from saas.content.faults import Words, block, note
from saas.content.files import Files, FolderError
from saas.content.fitting import CannotFit, Fit, Fitted, fit
from saas.content.pictures import DECODE_ERRORS, STANDARD, PictureLimits, PictureReading, read_picture

FitCache = MutableMapping[tuple[str, Fit], Fitted]
"""Fitted pictures by (SHA-256 of the source, limits). Any mapping will do; keep it to save the work of the next reading."""


class PictureShelf:
    """Reads and fits the pictures of a folder on demand and remembers the results (not the originals)."""

    def __init__(self, files: Files, cache: FitCache | None = None, limits: PictureLimits = STANDARD) -> None:
        self.files, self.limits = files, limits
        self._fits: FitCache = {} if cache is None else cache
        self._readings: dict[str, PictureReading] = {}

    def reading(self, name: str) -> PictureReading:
        """What the picture of that name is; its findings have ``where`` = the name."""
        if name not in self._readings:
            try:
                self._readings[name] = read_picture(self.files.read(name, self.limits.max_bytes), self.limits, name)
            except FolderError as error:
                fault = block(error.rule, name, error.message, ("先压缩或重新导出", "make it smaller or export it again"))
                self._readings[name] = PictureReading(name, "", 0, findings=(fault,))
        return self._readings[name]

    def fitted(self, name: str, limits: Fit) -> Fitted | Finding:
        """The picture under these limits, or the finding that says why it cannot be."""
        reading = self.reading(name)
        if not reading.usable:
            return next(f for f in reading.findings if f.severity == "block")
        key = (reading.sha256, limits)
        if key not in self._fits:
            try:
                self._fits[key] = fit(self.files.read(name, self.limits.max_bytes), limits)
            except (CannotFit, FolderError, *DECODE_ERRORS):
                message = (
                    f"{name} 压不到 {limits.max_bytes:,} 字节以内",
                    f"{name} cannot be brought under {limits.max_bytes:,} bytes",
                )
                return block("picture_fit", name, message, ("换一张更简单或更小的图片", "use a simpler or smaller picture"))
        return self._fits[key]


def as_picture(fitted: Fitted, name: str, alt: str = "") -> Picture:
    """The contract's picture for fitted bytes."""
    return Picture(fitted.sha256, fitted.mime, fitted.width, fitted.height, len(fitted.data), name, alt)


def fitting_note(fitted: Fitted, name: str, where: str, line: int) -> Finding | None:
    """What fitting changed, as one note; None when the picture goes out as it is."""
    if not fitted.changes:
        return None
    message: Words = (
        f"{name}：" + "；".join(zh for zh, _ in fitted.changes),
        f"{name}: " + "; ".join(en for _, en in fitted.changes),
    )
    remedy = ("不需要做什么；不满意就自己裁好再放进来", "nothing to do; crop it yourself if you want it otherwise")
    return note("picture_fitted", where, message, remedy, line)


def at(finding: Finding, where: str, line: int) -> Finding:
    """A picture's finding told at the place that uses the picture."""
    return replace(finding, where=where, line=line)
