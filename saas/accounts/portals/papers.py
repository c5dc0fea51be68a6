"""What is entered of a portal, checked by field before anything is stored: only names it has, only values they take."""

from __future__ import annotations

from collections.abc import Mapping

from saas.accounts.well_formed import must_fit
from saas.channels.portal import PortalKind
from saas.kernel.errors import Invalid


def must_be_papers(kind: PortalKind, values: Mapping[str, str]) -> None:
    """Invalid names the first field that a portal of the kind does not have, or that cannot be what was entered."""
    known = {field.name: field for field in (*kind.credentials, *kind.settings)}
    for name, value in values.items():
        if name not in known:
            message = (f"“{kind.title.zh}”没有字段“{name}”", f"'{kind.title.en}' has no field '{name}'")
            raise Invalid("unknown_field", message, (f"可填：{'、'.join(known)}", f"its fields are {', '.join(known)}"), name)
        must_fit(known[name], value, name)
