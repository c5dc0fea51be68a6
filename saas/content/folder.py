"""The way in: a campaign folder (or a zip of one) → a draft and every fault of its texts, lists and paths, in one run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from saas.channels import Finding
from saas.content.campaign import NAME, read_campaign
from saas.content.draft import CampaignDraft
from saas.content.faults import block
from saas.content.files import Files, FolderError, open_files


@dataclass(frozen=True, slots=True)
class FolderReading:
    """What a folder holds. ``campaign`` is None when there is no readable campaign.yaml.

    A draft is given even when findings block it, so that later checks can find the rest in the same run.
    """

    campaign: CampaignDraft | None
    findings: list[Finding] = field(default_factory=list)
    files: Files | None = None

    @property
    def blocked(self) -> bool:
        """Whether a finding stops the send."""
        return any(finding.severity == "block" for finding in self.findings)


def read_folder(path: Path) -> FolderReading:
    """Read a campaign folder or zip. Never raises for what is in it; pictures are only checked to be there."""
    found: list[Finding] = []
    try:
        files = open_files(path)
    except (FolderError, OSError) as error:
        message = error.message if isinstance(error, FolderError) else (f"打不开 {path.name}", f"{path.name} cannot be opened")
        rule = error.rule if isinstance(error, FolderError) else "folder_unreadable"
        remedy = ("给出一个含有 campaign.yaml 的文件夹或 zip", "give a folder or zip that holds a campaign.yaml")
        return FolderReading(None, [block(rule, path.name or str(path), message, remedy)])
    draft = read_campaign(files, found)
    return FolderReading(draft, in_order(found), files)


def in_order(findings: list[Finding]) -> list[Finding]:
    """campaign.yaml first, then files by name, each by line; what is equal keeps its order; repeats are dropped."""
    unique = list(dict.fromkeys(findings))
    return sorted(unique, key=lambda f: (_file(f) != NAME, _file(f), f.line))


def _file(finding: Finding) -> str:
    return finding.where.split(": ")[0]
