"""Settings: read once from the environment into one typed object. Nobody else touches the environment."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from psycopg.conninfo import conninfo_to_dict

WEAK = {"", "secret", "changeme", "change-me", "dev", "development", "test", "example", "password", "default"}
SHORTEST_SECRET = 32
BASE_URL = "http://127.0.0.1:8000"


class BadSettings(Exception):
    """The installation must not start like this; the text names the setting and the remedy."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an installation decides. Secrets stay out of ``repr``."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    owner_url: str = field(repr=False, default="")
    home: Path = Path(".qunfa")
    base_url: str = BASE_URL
    simulators: Mapping[str, str] = field(default_factory=dict)
    secure_cookies: bool = True
    proxies: int = 0
    worker_memory: int = 2048
    link_check: bool = True
    smtp: str = field(repr=False, default="")
    mail_from: str = ""
    lines: str = ""
    private_hosts: tuple[str, ...] = ()

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read and check. Raises BadSettings for a missing, short or example secret."""
        env = os.environ if env is None else env
        mail = _mail(env)
        return cls(
            database_url=_need(env, "DATABASE_URL"),
            redis_url=_need(env, "REDIS_URL"),
            secret_key=_secret(env, "QUNFA_SECRET_KEY"),
            encryption_keys=tuple(key for key in _secret(env, "QUNFA_ENCRYPTION_KEYS").split(",") if key),
            owner_url=env.get("DATABASE_OWNER_URL", ""),
            home=Path(env.get("QUNFA_HOME", ".qunfa")),
            base_url=env.get("QUNFA_BASE_URL", BASE_URL).rstrip("/"),
            simulators=json.loads(env.get("QUNFA_SIMULATORS", "{}")),
            secure_cookies=env.get("QUNFA_BASE_URL", "").startswith("https:"),
            proxies=int(env.get("QUNFA_PROXIES", "0")),
            worker_memory=int(env.get("QUNFA_WORKER_MEMORY", "2048")),
            link_check=env.get("QUNFA_LINK_CHECK", "1") != "0",
            smtp=mail[0],
            mail_from=mail[1],
            lines=_lines(env),
            private_hosts=tuple(host.strip() for host in env.get("QUNFA_PRIVATE_HOSTS", "").split(",") if host.strip()),
        )


@cache
def settings() -> Settings:
    """The settings of this process, read from the environment at the first call."""
    return Settings.from_env()


def _mail(env: Mapping[str, str]) -> tuple[str, str]:
    """The server for e-mail and who it comes from: both or neither."""
    server, sender = env.get("QUNFA_SMTP", ""), env.get("QUNFA_MAIL_FROM", "")
    if bool(server) != bool(sender):
        raise BadSettings("QUNFA_SMTP and QUNFA_MAIL_FROM are set together; see docs/architecture.md, Settings")
    if server and not server.startswith(("smtp://", "smtps://")):
        raise BadSettings("QUNFA_SMTP begins with smtp:// or smtps://; see docs/architecture.md, Settings")
    if sender and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", sender):
        raise BadSettings("QUNFA_MAIL_FROM is an e-mail address; see docs/architecture.md, Settings")
    return server, sender


def _lines(env: Mapping[str, str]) -> str:
    where = env.get("QUNFA_LINES", "")
    if where and not re.fullmatch(r"[\w.\[\]:-]+:[1-9]\d{1,4}", where):
        raise BadSettings("QUNFA_LINES is HOST:PORT, such as 127.0.0.1:8001; see docs/architecture.md, Settings")
    return where


def _need(env: Mapping[str, str], name: str) -> str:
    if not env.get(name):
        raise BadSettings(f"{name} is not set; see docs/architecture.md, Settings")
    return env[name]


def _secret(env: Mapping[str, str], name: str) -> str:
    value = _need(env, name)
    if len(value) < SHORTEST_SECRET or value.lower() in WEAK or len(set(value)) < 8:
        raise BadSettings(
            f"{name} is too short or an example; make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    return value


def sqlalchemy_url(url: str) -> str:
    """The same libpq URL, for SQLAlchemy with psycopg 3. Several hosts go as parameters: as a host they are no URL to it."""
    if "," in urlsplit(url).netloc:
        return "postgresql+psycopg://?" + urlencode(conninfo_to_dict(url))
    return "postgresql+psycopg" + url[url.index("://") :]
