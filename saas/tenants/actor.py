"""Who acts: the one argument every service takes instead of a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from saas.kernel.errors import Forbidden

Role = Literal["owner", "admin", "editor", "reviewer", "analyst", "client_approver", "client_viewer"]

RIGHTS: dict[str, frozenset[str]] = {
    "see": frozenset({"owner", "admin", "editor", "reviewer", "analyst", "client_approver", "client_viewer"}),
    "see_accounts": frozenset({"owner", "admin", "editor", "reviewer", "analyst"}),
    "see_library": frozenset({"owner", "admin", "editor", "reviewer", "analyst"}),
    "write": frozenset({"owner", "admin", "editor"}),
    "approve": frozenset({"owner", "admin", "reviewer"}),
    "sign": frozenset({"owner", "admin", "reviewer", "client_approver"}),
    "send": frozenset({"owner", "admin", "editor", "reviewer"}),
    "recall": frozenset({"owner", "admin", "editor", "reviewer"}),
    "settle": frozenset({"owner", "admin", "reviewer"}),
    "manage_accounts": frozenset({"owner", "admin"}),
    "manage_rules": frozenset({"owner", "admin"}),
    "manage_members": frozenset({"owner", "admin"}),
    "manage_review": frozenset({"owner", "admin"}),
}

ROLE_WORDS: dict[str, tuple[str, str]] = {
    "owner": ("所有者", "owner"),
    "admin": ("管理员", "admin"),
    "editor": ("编辑", "editor"),
    "reviewer": ("审核", "reviewer"),
    "analyst": ("分析", "analyst"),
    "client_approver": ("客户审批", "client approver"),
    "client_viewer": ("客户查看", "client viewer"),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """A member at work. ``client_id`` binds a client's user to its brand; ``via`` is web, api, cli or system."""

    tenant_id: int
    member_id: int
    role: Role
    name: str
    email: str
    client_id: int | None = None
    locale: str = "zh"
    via: str = "web"

    def may(self, right: str) -> bool:
        """Whether the role has the right."""
        return self.role in RIGHTS[right]

    def need(self, right: str) -> None:
        """Raise Forbidden unless the role has the right."""
        if not self.may(right):
            zh, en = ROLE_WORDS[self.role]
            raise Forbidden((f"“{zh}”角色无权进行此操作", f"the role '{en}' may not do this"), ("请联系管理员", "ask an admin"))
