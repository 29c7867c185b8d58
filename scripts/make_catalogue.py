"""Writes ``src/gatewright/gatewayapi/data/catalogue.json`` from the released Go modules of Gateway API.

Run it when a release appears: add the release below, run it (it needs Go and the network), and read the difference.
``--check FILE`` compares the file checksums and versions with a matrix made elsewhere
(``{version: {channel: {crds: {name: {sha256, versions}}}}}``) and fails on any difference.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from gatewright.gatewayapi.crds import VERSION_ANNOTATION, content_digest, spec_digest
from gatewright.gatewayapi.policies import expression_digest
from gatewright.model.objects import digest

MODULE = "sigs.k8s.io/gateway-api"
CHANNELS = ("standard", "experimental")
TARGET = Path(__file__).parents[1] / "src/gatewright/gatewayapi/data/catalogue.json"

# Version: hard Kubernetes floor, range of Kubernetes minors in upstream's CI ("" where it published none).
RELEASES: dict[str, tuple[str, str, str]] = {
    "v0.8.0": ("1.25", "", ""),
    "v0.8.1": ("1.25", "", ""),
    "v1.0.0": ("1.25", "", ""),
    "v1.1.0": ("1.25", "1.27", "1.31"),
    "v1.1.1": ("1.25", "1.27", "1.31"),
    "v1.2.0": ("1.25", "1.27", "1.31"),
    "v1.2.1": ("1.25", "1.27", "1.31"),
    "v1.3.0": ("1.25", "1.28", "1.32"),
    "v1.4.0": ("1.25", "1.30", "1.34"),
    "v1.4.1": ("1.25", "1.30", "1.34"),
    "v1.5.0": ("1.31", "1.31", "1.35"),
    "v1.5.1": ("1.31", "1.31", "1.35"),
    "v1.6.0": ("1.31", "1.32", "1.36"),
    "v1.6.1": ("1.31", "1.32", "1.36"),
}
FLOORS = {("v1.6.0", "experimental"): "1.32", ("v1.6.1", "experimental"): "1.32"}


@cache
def module(version: str) -> tuple[Path, str]:
    """The folder of the module in Go's cache, and the date of its tag."""
    command = ["go", "mod", "download", "-json", f"{MODULE}@{version}"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return Path(answer["Dir"]), json.loads(Path(answer["Info"]).read_text())["Time"][:10]


def crd(document: dict[str, Any], file: str, raw: bytes) -> dict[str, Any]:
    return {
        "name": document["metadata"]["name"],
        "kind": document["spec"]["names"]["kind"],
        "scope": document["spec"]["scope"],
        "annotated": document["metadata"]["annotations"][VERSION_ANNOTATION],
        "versions": [
            {
                "name": v["name"],
                "served": v["served"],
                "storage": v["storage"],
                **({"deprecated": True} if v.get("deprecated") else {}),
            }
            for v in document["spec"]["versions"]
        ],
        "file": file,
        "sha256": hashlib.sha256(raw).hexdigest(),
        "content": content_digest(document),
        "spec": spec_digest(document["spec"]),
    }


def policy(document: dict[str, Any], file: str) -> dict[str, Any]:
    validations = document["spec"].get("validations", [])
    return {
        "kind": document["kind"],
        "name": document["metadata"]["name"],
        "file": file,
        "content": content_digest(document),
        "expressions": [expression_digest(v["expression"]) for v in validations],
    }


def bundle(version: str, channel: str) -> dict[str, Any]:
    crds: list[dict[str, Any]] = []
    policies: list[dict[str, Any]] = []
    folder, released = module(version)
    for path in sorted((folder / "config/crd" / channel).glob("gateway*.yaml")):
        raw = path.read_bytes()
        for document in yaml.load_all(raw, yaml.CSafeLoader):
            if document["kind"] == "CustomResourceDefinition":
                crds.append(crd(document, path.name, raw))
            else:
                policies.append(policy(document, path.name))
    floor, low, high = RELEASES[version]
    return {
        "version": version,
        "channel": channel,
        "released": released,
        "kubernetes": {"floor": FLOORS.get((version, channel), floor), "tested": [low, high]},
        "digest": digest(sorted(o["content"] for o in crds + policies)),
        "crds": crds,
        "policy": policies,
    }


def differences(bundles: list[dict[str, Any]], matrix: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for made in bundles:
        known = matrix[made["version"]][made["channel"]]["crds"]
        where = f"{made['version']} {made['channel']}"
        ours = {c["name"]: c for c in made["crds"]}
        found += [f"{where}: only on one side: {name}" for name in ours.keys() ^ known.keys()]
        for name in ours.keys() & known.keys():
            if ours[name]["sha256"] != known[name]["sha256"]:
                found.append(f"{where}: {name}: sha256 differs")
            versions = {v["name"]: {"deprecated": False, **v} for v in ours[name]["versions"]}
            if {n: {**v, "name": n} for n, v in known[name]["versions"].items()} != versions:
                found.append(f"{where}: {name}: versions differ")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", type=Path, metavar="FILE")
    options = parser.parse_args()
    bundles = [bundle(version, channel) for version in RELEASES for channel in CHANNELS]
    if options.check:
        found = differences(bundles, json.loads(options.check.read_text()))
        print("\n".join(found) or f"{len(bundles)} bundles agree with {options.check.name}")
        return 1 if found else 0
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps({"bundles": bundles}, indent=1) + "\n")
    print(f"{len(bundles)} bundles written to {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
