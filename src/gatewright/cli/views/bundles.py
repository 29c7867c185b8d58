"""Gateway API releases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.text import Text

from gatewright.cli.output import rows, table
from gatewright.gatewayapi.catalogue import BundleFacts, CrdFacts
from gatewright.server.values import BundleRow, Pulled
from gatewright.text import Language, text


def rows_of(found: Sequence[BundleRow], language: Language) -> Iterable[RenderableType]:
    made = table(language, "version", "channel", "released", "floor", "crds", "digest")
    yield rows(
        made, [(b.version, b.channel, b.released, f"≥ {b.kubernetes}", str(b.crds), b.digest[:12]) for b in found]
    )


def facts(found: BundleFacts, language: Language) -> Iterable[RenderableType]:
    low, high = found.kubernetes.tested
    tested = f"{low} – {high}" if low else "-"
    sentence = text(
        "cli.bundle.facts",
        language,
        bundle=str(found.name),
        released=found.released,
        floor=found.kubernetes.floor,
        tested=tested,
    )
    yield Text(sentence, style="bold")
    yield Text(f"sha256:{found.digest}")
    yield Text()
    made = table(language, "crd", "versions", "storage")
    yield rows(made, [(crd.name, _versions(crd, language), crd.storage) for crd in found.crds])


def pulled(found: Pulled, language: Language) -> Iterable[RenderableType]:
    bundle = f"{found.version} {found.channel}"
    yield Text(text("cli.done.pulled", language, bundle=bundle, count=found.crds, digest=found.digest[:12]))


def _versions(crd: CrdFacts, language: Language) -> str:
    """Every version; those that are not served say so."""
    unserved = text("cli.word.unserved", language)
    return ", ".join(v.name if v.served else f"{v.name} ({unserved})" for v in crd.versions)
