"""An extract proves what happened: no byte of it can change, and its head is remembered."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest

from saas.kernel.errors import NotFound
from saas.reports.evidence import verify
from saas.reports.evidence.extract import Wanted, anchors, extract, whose_head
from tests.conftest import House


def stage(house: House, rows: int = 2) -> int:
    """A campaign on an account of Moon and one of Sun: sent, with receipts and a figure."""
    campaign = house.campaign()
    for client in ("Moon", "Sun"):
        dispatch = house.dispatch(campaign, house.account(f"{client.lower()}-{campaign}", client=client), rows=rows)
        house.run("INSERT INTO figures (dispatch_id, name, value, source) VALUES (%s, 'opened', 1, 'statistics')", dispatch)
    house.as_owner(
        "UPDATE deliveries SET state = 'sent', accepted = people, delivered = people, receipt = jsonb_build_object('id', target)"
        " WHERE campaign_id = %s", campaign,
    )  # fmt: skip
    house.run(
        "INSERT INTO audit_log (actor, action, subject) VALUES ('editor@house.test (web)', 'campaigns.plan', %s)", str(campaign)
    )
    return campaign


def taken(house: House, wanted: Wanted, role: str = "owner") -> tuple[bytes, str]:
    """The bytes of an extract and its head."""
    out = io.BytesIO()
    with house.within():
        made = extract(house.actor(role), wanted, out)
    return out.getvalue(), made.head


def chain_of(archive: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(verify.CHAIN)


def kinds(chain: bytes) -> list[str]:
    return [json.loads(line)["record"]["kind"] for line in chain.splitlines()]


def broken(chain: bytes) -> bool:
    try:
        verify.check_chain(io.BytesIO(chain))
    except (verify.Broken, KeyError, TypeError, AttributeError):
        return True
    return False


def rewritten(records: list[object]) -> bytes:
    """A chain over other records, with hashes that fit."""
    head, out = verify.FIRST, b""
    for number, record in enumerate(records, 1):
        head, line = verify.line(number, head, record)
        out += line
    return out


def test_an_extract_tells_who_wrote_approved_and_what_was_answered(house: House, tmp_path: Path) -> None:
    campaign = stage(house)
    archive, head = taken(house, Wanted(campaign))
    file = tmp_path / "evidence.zip"
    file.write_bytes(archive)
    told = verify.check(str(file), head)
    chain = chain_of(archive)
    assert told[0] == head
    assert kinds(chain)[:3] == ["extract", "campaign", "decision"]
    assert {"content", "dispatch", "delivery", "figure", "action", "end"} <= set(kinds(chain))
    records = [json.loads(line)["record"] for line in chain.splitlines()]
    assert next(r for r in records if r["kind"] == "campaign")["author"] == "editor"
    assert next(r for r in records if r["kind"] == "decision")["by"] == "reviewer"
    assert [r["receipt"] for r in records if r["kind"] == "delivery"] == [{"id": "r00001"}, {"id": "r00002"}] * 2
    assert sum(r["kind"] == "content" for r in records) == 1, "what both accounts say stands once"


def test_what_was_changed_afterwards_on_the_platform_is_told(house: House) -> None:
    campaign = stage(house)
    dispatch = house.one("SELECT min(id) FROM dispatches WHERE campaign_id = %s", campaign)
    house.as_owner("UPDATE campaigns SET released_at = now() WHERE id = %s", campaign)
    house.as_owner(
        "INSERT INTO amendments (campaign_id, dispatch_id, field, before, after, evidence, happened_at, member_id)"
        " VALUES (%s, %s, 'title', 'old', 'new', 'console', now(), %s)", campaign, dispatch, house.members["editor"],
    )  # fmt: skip
    told = [json.loads(line)["record"] for line in chain_of(taken(house, Wanted(campaign))[0]).splitlines()]
    assert [(r["before"], r["after"], r["by"]) for r in told if r["kind"] == "amendment"] == [("old", "new", "editor")]


def test_the_same_facts_give_the_same_bytes(house: House) -> None:
    campaign = stage(house)
    assert taken(house, Wanted(campaign)) == taken(house, Wanted(campaign))


def test_every_changed_bit_of_the_chain_is_found(house: House) -> None:
    chain = bytearray(chain_of(taken(house, Wanted(stage(house, rows=1)))[0]))
    missed = []
    for at in range(len(chain)):
        for bit in range(8):
            chain[at] ^= 1 << bit
            missed.extend([(at, bit)] if not broken(bytes(chain)) else [])
            chain[at] ^= 1 << bit
    assert len(chain) > 2000
    assert missed == []


def test_a_number_of_a_line_that_is_written_otherwise_is_found(house: House) -> None:
    chain = chain_of(taken(house, Wanted(stage(house, rows=1)))[0])
    assert not broken(chain)
    for other in (b"1.0", b"true", b"1e0", b"01", b"1 "):
        assert broken(chain.replace(b'"n":1,', b'"n":' + other + b",", 1)), other


def test_every_changed_byte_of_the_archive_is_found(house: House, tmp_path: Path) -> None:
    archive = bytearray(taken(house, Wanted(stage(house, rows=1)))[0])
    missed = []
    for at in range(len(archive)):
        archive[at] ^= 0x55
        try:
            verify.check_archive(io.BytesIO(bytes(archive)))
            missed.append(at)
        except verify.Broken:
            pass
        archive[at] ^= 0x55
    assert missed == []


def test_a_cut_a_swap_a_doubled_line_and_an_added_one_are_found(house: House) -> None:
    chain = chain_of(taken(house, Wanted(stage(house)))[0])
    lines = chain.splitlines(keepends=True)
    for at in range(len(lines)):
        assert broken(b"".join(lines[:at])), "cut off"
        assert broken(b"".join(lines[:at] + lines[at + 1 :])), "one taken out"
        assert broken(b"".join(lines[: at + 1] + lines[at:])), "one doubled"
    for at in range(len(lines) - 1):
        assert broken(b"".join([*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]])), "two swapped"
    head = json.loads(lines[-1])["hash"]
    assert broken(chain + verify.line(len(lines) + 1, head, {"kind": "delivery"})[1])
    assert broken(chain + b"\n")
    assert broken(chain[:-1])


def test_a_chain_written_anew_passes_only_without_the_head(house: House, tmp_path: Path) -> None:
    archive, head = taken(house, Wanted(stage(house)))
    records = [json.loads(line)["record"] for line in chain_of(archive).splitlines()]
    records[1]["author"] = "somebody else"
    forged = tmp_path / "evidence.jsonl"
    forged.write_bytes(rewritten(records))
    assert verify.check(str(forged))[0] != head
    with pytest.raises(verify.Broken, match="head"):
        verify.check(str(forged), head)


def test_sums_and_contents_that_do_not_agree_are_found_even_with_fitting_hashes(house: House) -> None:
    records = [json.loads(line)["record"] for line in chain_of(taken(house, Wanted(stage(house)))[0]).splitlines()]
    dispatch = next(r for r in records if r["kind"] == "dispatch")
    dispatch["delivered"] += 1
    assert broken(rewritten(records))
    dispatch["delivered"] -= 1
    assert not broken(rewritten(records))
    next(r for r in records if r["kind"] == "content")["message"]["text"] = "other words"
    assert broken(rewritten(records))


def test_the_program_in_the_archive_runs_with_python_alone(house: House, tmp_path: Path) -> None:
    archive, head = taken(house, Wanted(stage(house)))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(tmp_path)
    (tmp_path / "evidence.zip").write_bytes(archive)
    run = [sys.executable, "-I", "-S", str(tmp_path / verify.PROGRAM)]
    for name in ("evidence.zip", verify.CHAIN):
        done = subprocess.run([*run, str(tmp_path / name), head], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert head in done.stdout.decode()
    wrong = subprocess.run([*run, str(tmp_path / "evidence.zip"), "0" * 64], capture_output=True, check=False)
    assert wrong.returncode == 1


def test_a_clients_part_names_no_other_brand(house: House) -> None:
    campaign = stage(house)
    chain = chain_of(taken(house, Wanted(campaign), "client_viewer")[0]).decode()
    assert "moon-" in chain
    assert "sun" not in chain.lower()
    foreign = house.campaign()
    house.dispatch(foreign, house.account("sun-two", client="Sun"), rows=1)
    with pytest.raises(NotFound):
        taken(house, Wanted(foreign), "client_viewer")


def test_heads_are_kept_for_good_and_told_to_whom_they_belong(house: House) -> None:
    campaign = stage(house)
    whole, mine = taken(house, Wanted(campaign))[1], taken(house, Wanted(campaign), "client_viewer")[1]
    taken(house, Wanted(campaign))
    with house.within():
        owner, viewer = house.actor("owner"), house.actor("client_viewer")
        assert [a.head for a in anchors(owner, campaign)] == [mine, whole]
        assert [(a.head, a.client) for a in anchors(viewer, campaign)] == [(mine, "Moon")]
        assert whose_head(owner, whole.upper())[0].campaign == campaign
        with pytest.raises(NotFound):
            whose_head(viewer, whole)
    for statement in ("UPDATE evidence_heads SET head = repeat('0', 64)", "DELETE FROM evidence_heads"):
        with pytest.raises(Exception, match="permission denied"):
            house.run(statement)
    assert house.one("SELECT count(*) FROM audit_log WHERE action = 'evidence.extract'") == 3


def test_a_month_is_one_chain_of_all_its_campaigns(house: House) -> None:
    first, second = stage(house), stage(house)
    today = house.one("SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date")
    chain = chain_of(taken(house, Wanted(month=date(today.year, today.month, 1)))[0])
    verify.check_chain(io.BytesIO(chain))
    told = [json.loads(line)["record"] for line in chain.splitlines()]
    assert [r["campaign"] for r in told if r["kind"] == "campaign"] == [first, second]
    empty = chain_of(taken(house, Wanted(month=date(2001, 1, 1)))[0])
    assert kinds(empty) == ["extract", "end"]
