"""``python -m saas.ops.assets NODE_MODULES VENDOR``: fill the folder of prebuilt parts."""

from __future__ import annotations

import sys
from pathlib import Path

from saas.ops.assets import MissingPart, build

if __name__ == "__main__":
    try:
        build(Path(sys.argv[1]), Path(sys.argv[2]))
    except MissingPart as error:
        sys.exit(str(error))
