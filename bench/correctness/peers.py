"""What the naive arm's processes do. Each is the pattern of a system that sends for a living, no worse than it is found there."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import psycopg

from saas.channels.http import Http
from saas.channels.platform import MaybeSent, NotSent

Post = tuple[int, str, str]  # id, account, recipient
Lines = dict[str, dict[str, Any]]  # by account: channel, address, credentials
PICK, RETRIED, BATCH, TRIES = 20, 10, 100, 6
FAILED = f"state = 'failed_for_now' AND tries < {TRIES}"
AT_ONCE = 16


class Platforms:
    """Sends one message; True when the platform says it has it. No key goes along: that is the sender's own trouble."""

    def __init__(self, lines: Lines) -> None:
        self._lines, self._tokens = lines, dict[str, str]()
        self._http, self._slots = Http(AT_ONCE), asyncio.Semaphore(AT_ONCE)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def send(self, account: str, recipient: str) -> bool:
        """One call."""
        async with self._slots:
            try:
                line = self._lines[account]
                token = self._tokens.get(account) or await self._token(account, line)
                if line["channel"] == "qq_group":
                    return await self._to_group(line, token, recipient)
                return await self._to_person(line, token, recipient)
            except (MaybeSent, NotSent):
                return False

    async def _to_person(self, line: dict[str, Any], token: str, recipient: str) -> bool:
        body = {"touser": recipient, "template_id": "TmBench", "data": {"first": {"value": "客户，您好"}}}
        url = f"{line['address']}/cgi-bin/message/template/send?access_token={token}"
        return not (await self._http.post(url, json=body)).json()["errcode"]

    async def _to_group(self, line: dict[str, Any], token: str, recipient: str) -> bool:
        url, headers = f"{line['address']}/v2/groups/{recipient}/messages", {"Authorization": f"QQBot {token}"}
        answer = await self._http.post(url, json={"msg_type": 0, "content": "本周活动已开始"}, headers=headers)
        return answer.status == 200

    async def _token(self, account: str, line: dict[str, Any]) -> str:
        given, qq = line["credentials"], line["channel"] == "qq_group"
        if qq:
            body = {"appId": given["app_id"], "clientSecret": given["client_secret"]}
        else:
            body = {"grant_type": "client_credential", "appid": given["app_id"], "secret": given["app_secret"]}
        path = "/app/getAppAccessToken" if qq else "/cgi-bin/stable_token"
        said = (await self._http.post(line["address"] + path, json=body)).json()
        self._tokens[account] = token = str(said["access_token"])
        return token

    async def send_all(self, posts: Sequence[Post]) -> list[bool]:
        """Many at once."""
        return list(await asyncio.gather(*(self.send(account, recipient) for _, account, recipient in posts)))


def pick_send_update(database: str, lines: Lines) -> None:
    """C1: pick what is due, send it, mark it sent. Nothing is held in between."""
    asyncio.run(_pick_send_update(database, lines))


async def _pick_send_update(database: str, lines: Lines) -> None:
    platforms = Platforms(lines)
    with psycopg.connect(database, autocommit=True) as connection:
        while posts := _posts(connection, "state = 'due'", PICK):
            await platforms.send_all(posts)
            _mark(connection, posts, "sent")
    await platforms.close()


def retry(database: str, lines: Lines) -> None:
    """C2: first sends are claimed properly; then whatever failed is sent again for as long as something did."""
    asyncio.run(_retry(database, lines))


async def _retry(database: str, lines: Lines) -> None:
    platforms = Platforms(lines)
    with psycopg.connect(database, autocommit=True) as connection:
        while posts := _claimed(connection, "sending") or _posts(connection, FAILED, RETRIED):
            for post, done in zip(posts, await platforms.send_all(posts), strict=True):
                _mark(connection, [post], "sent" if done else "failed_for_now")
    await platforms.close()


def fetch_and_move_on(database: str, lines: Lines) -> None:
    """C3: fetch a batch behind the checkpoint, mark it as being published, move the checkpoint, then send."""
    asyncio.run(_fetch_and_move_on(database, lines))


async def _fetch_and_move_on(database: str, lines: Lines) -> None:
    platforms = Platforms(lines)
    with psycopg.connect(database, autocommit=True) as connection:
        while posts := _next_batch(connection):
            for post, done in zip(posts, await platforms.send_all(posts), strict=True):
                _mark(connection, [post], "sent" if done else "failed")
    await platforms.close()


def _next_batch(connection: psycopg.Connection[Any]) -> list[Post]:
    with connection.transaction():
        row = connection.execute("SELECT last FROM checkpoint FOR UPDATE").fetchone()
        posts = _posts(connection, f"id > {int(row[0]) if row else 0}", BATCH)
        if posts:
            connection.execute("UPDATE checkpoint SET last = %s", (posts[-1][0],))
            connection.execute("UPDATE posts SET state = 'publishing' WHERE id = ANY (%s)", ([post[0] for post in posts],))
    return posts


def count_then_insert(database: str, lines: Lines, caps: dict[str, int], seed: int) -> None:
    """C4: count what the account has sent today; when that is below its cap, send, then insert what was sent."""
    asyncio.run(_count_then_insert(database, lines, caps, seed))


async def _count_then_insert(database: str, lines: Lines, caps: dict[str, int], seed: int) -> None:
    platforms, dice = Platforms(lines), random.Random(seed)
    with psycopg.connect(database, autocommit=True) as connection:
        while posts := _claimed(connection, "skipped"):
            dice.shuffle(posts)
            for post in posts:
                if _sent_today(connection, post[1]) < caps[post[1]] and await platforms.send(*post[1:]):
                    connection.execute("INSERT INTO sends (account, recipient) VALUES (%s, %s)", post[1:])
                    _mark(connection, [post], "sent")
    await platforms.close()


def _claimed(connection: psycopg.Connection[Any], state: str) -> list[Post]:
    """Each message to one worker alone, properly: what is naive lies elsewhere."""
    query = (
        "UPDATE posts SET state = %s WHERE id IN (SELECT id FROM posts WHERE state = 'due' ORDER BY id LIMIT %s"
        " FOR UPDATE SKIP LOCKED) RETURNING id, account, recipient"
    )
    return list(connection.execute(query, (state, PICK)))


def _sent_today(connection: psycopg.Connection[Any], account: str) -> int:
    row = connection.execute("SELECT count(*) FROM sends WHERE account = %s AND day = current_date", (account,)).fetchone()
    return int(row[0]) if row else 0


def _posts(connection: psycopg.Connection[Any], where: str, limit: int) -> list[Post]:
    query = f"SELECT id, account, recipient FROM posts WHERE {where} ORDER BY id LIMIT {limit}"
    return list(connection.execute(query))


def _mark(connection: psycopg.Connection[Any], posts: Sequence[Post], state: str) -> None:
    ids = [post[0] for post in posts]
    connection.execute("UPDATE posts SET state = %s, tries = tries + 1 WHERE id = ANY (%s)", (state, ids))
