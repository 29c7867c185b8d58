"""Addresses are claimed once, for as long as the claim lives."""

from __future__ import annotations

import ipaddress
import secrets
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.lab import network
from gatewright.lab.errors import NoAddresses, PortTaken


def test_a_claim_excludes_others_until_released() -> None:
    name = f"test-{secrets.token_hex(4)}"
    first = network.claim(name)
    assert first is not None
    assert network.claim(name) is None
    first.release()
    again = network.claim(name)
    assert again is not None
    again.release()


def test_two_labs_of_one_seed_have_different_networks() -> None:
    seed = secrets.token_hex(8)
    one, other = network.claim_loopback(seed), network.claim_loopback(seed)
    assert one.network != other.network
    for claimed in (one, other):
        assert ipaddress.ip_network(claimed.network).is_loopback
        claimed.release()
    again = network.claim_loopback(seed)
    assert again.network == one.network
    again.release()


def test_a_network_that_the_machine_uses_is_not_claimed() -> None:
    seed = secrets.token_hex(8)
    free = network.claim_backend(seed, frozenset())
    free.release()
    other = network.claim_backend(seed, frozenset({free.network.rpartition(".")[0]}))
    assert other.network != free.network
    other.release()


@given(st.lists(st.integers(0, network.MAX_CLUSTERS - 1), min_size=2, max_size=2, unique=True))
def test_clusters_share_no_address(indices: list[int]) -> None:
    one, other = (network.cluster_addresses("127.80.0.0/24", index) for index in indices)
    assert len({one.control, one.data, other.control, other.data}) == 4


def test_a_lab_has_a_hundred_clusters() -> None:
    with pytest.raises(NoAddresses):
        network.cluster_addresses("127.80.0.0/24", network.MAX_CLUSTERS)


def test_a_taken_port_is_stepped_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not network.port_is_free("127.0.0.1", port)
        if port < 50000:
            assert network.free_port("127.0.0.1", port) != port
        with pytest.raises(PortTaken) as caught:
            network.free_port("127.0.0.1", port, attempts=0)
        assert str(port) in caught.value.report.message("zh")
