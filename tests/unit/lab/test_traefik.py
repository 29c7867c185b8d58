"""Which images are Traefik, and that nothing of it listens outside its cluster's address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.lab.errors import ControllerUnobtainable
from gatewright.lab.traefik import host_arguments, is_traefik, version_of

ADDRESS = "127.70.0.1"


@pytest.mark.parametrize(
    "image", ["traefik:v3.7.15", "docker.io/traefik:3.7.15", "registry:5000/library/traefik:v3.7.15@sha256:ab"]
)
def test_versions(image: str) -> None:
    assert is_traefik(image)
    assert version_of(image) == "3.7.15"


@pytest.mark.parametrize("image", ["nginx:1", "traefik/whoami:v1", "mytraefik:v3.7.15"])
def test_other_images_are_none_of_ours(image: str) -> None:
    assert not is_traefik(image)


@pytest.mark.parametrize("image", ["traefik", "traefik:latest", "traefik:v3.7", "traefik@sha256:ab"])
def test_a_tag_that_names_no_version_is_refused_by_name(image: str) -> None:
    with pytest.raises(ControllerUnobtainable) as caught:
        version_of(image)
    assert image in caught.value.report.message("en")


def test_entry_points_move_to_the_address() -> None:
    given_ = ["--entryPoints.web.address=:8000/tcp", "--entrypoints.sec.address=0.0.0.0:8443", "--ping"]
    assert host_arguments(given_, ADDRESS) == [
        f"--entrypoints.web.address={ADDRESS}:8000/tcp",
        f"--entrypoints.sec.address={ADDRESS}:8443",
        "--ping",
        f"--entrypoints.traefik.address={ADDRESS}:8080",
    ]


def test_the_entry_points_that_traefik_would_make_up_are_spelt_out() -> None:
    assert host_arguments([], ADDRESS) == [
        f"--entrypoints.http.address={ADDRESS}:80",
        f"--entrypoints.traefik.address={ADDRESS}:8080",
    ]


@given(st.lists(st.sampled_from(["web", "traefik", "Traefik", "x"]), unique=True), st.integers(1, 65535))
def test_no_entry_point_listens_elsewhere(names: list[str], port: int) -> None:
    arguments = host_arguments([f"--entrypoints.{name}.address=:{port}" for name in names], ADDRESS)
    assert all(argument.partition("=")[2].startswith(f"{ADDRESS}:") for argument in arguments)
