"""Ports that stay free until their server is up."""

from __future__ import annotations

import socket

import pytest

from saas.ops import ports
from saas.ops.ports import free_port, is_free


def test_a_port_is_taken_where_the_kernel_takes_none_for_connections_that_go_out() -> None:
    lowest = int(ports.RANGE.read_text().split()[0])
    assert all(ports.LOWEST <= free_port() < lowest for _ in range(50))


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert not is_free(listening.getsockname()[1])


def test_ports_that_are_spoken_for_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "LOWEST", lowest := ports._kernels_lowest() - ports.TRIES - 1)
    besides = set(range(lowest, lowest + ports.TRIES))
    assert free_port(besides) not in besides


def test_where_the_kernel_says_nothing_any_free_port_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "RANGE", ports.RANGE / "nowhere")
    assert is_free(free_port())
