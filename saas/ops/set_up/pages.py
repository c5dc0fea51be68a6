"""The prebuilt parts of the pages: installed from the npm registry, copied to where they are served."""

from __future__ import annotations

import json

from saas.ops.set_up.inputs import PYTHON, ROOT, VENDOR, VENDOR_STAMP, pages_digest
from saas.ops.set_up.node import npm
from saas.ops.set_up.steps import do, say


def build_pages() -> None:
    """Install the prebuilt parts of the pages and copy what is served."""
    say("安装页面组件……", "installing the parts of the pages …")
    npm(ROOT)
    do(
        "页面组件复制失败",
        "copying the parts of the pages failed",
        [PYTHON, "-P", "-m", "saas.ops.assets", ROOT / "node_modules", VENDOR],
    )
    VENDOR_STAMP.write_text(json.dumps({"digest": pages_digest()}))
