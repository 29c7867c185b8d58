"""What the code has in tables of its own: settings, writers, bundles, controllers, rights."""

from __future__ import annotations

import re

from gatewright.gatewayapi.access import access_rules
from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.controllers import controllers
from gatewright.gatewayapi.writers import WRITERS
from gatewright.server.settings import SETTINGS
from gatewright.text import Language
from reference.words import headed, word, words


def settings(language: Language) -> str:
    """Those of the program, and those that only the lab reads."""
    rows = [(f"`{s.name}`", f"`{s.default}`" if s.default else "", s.about.render(language)) for s in SETTINGS]
    rows += [(f"`{name}`", "", both[language]) for name, both in words("settings").items()]
    return headed(language, ("variable", "default", "meaning"), rows)


def writers(language: Language) -> str:
    def pattern(found: re.Pattern[str] | None) -> str:
        return "" if found is None else f"`{found.pattern}`"

    rows = (
        (f"`{w.key}`", words("writers")[w.key][language], pattern(w.keys), pattern(w.managers), pattern(w.hints))
        for w in WRITERS
    )
    return headed(language, ("key", "writer", "own-keys", "field-managers", "hints"), rows)


def bundles(language: Language) -> str:
    rows: list[tuple[str, ...]] = []
    for version in reversed(catalogue().versions):
        channels = [b for b in catalogue().bundles if b.version == version]
        first = channels[0]
        low, high = first.kubernetes.tested
        counts = " / ".join(str(len(b.crds)) for b in channels)
        policy = word("yes" if any(b.policy for b in channels) else "no", language)
        tested = f"{low} – {high}" if low else "-"
        rows.append((version, first.released, first.kubernetes.floor, tested, counts, policy))
    return headed(language, ("release", "date", "floor", "tested", "crds", "policy"), rows)


def controller_rows(language: Language) -> str:
    rows = (
        (
            f"{c.title} (`{c.name}`)",
            "<br>".join(f"`{n}`" for n in c.controller_names),
            ", ".join(c.verified) if c.renderable else "-",
            ", ".join(f"{minor} → {bundle}" for minor, bundle in c.tested.items()) or "-",
        )
        for c in controllers().values()
    )
    return headed(language, ("controller", "names", "installs", "pairs"), rows)


def access(language: Language) -> str:
    usual = access_rules()
    removal = [rule for rule in access_rules(allow_namespace_removal=True) if rule not in usual]
    secrets = [rule for rule in access_rules(secrets=True) if rule not in usual]
    watching = access_rules(secrets=True, observe_only=True)
    rows = [
        (
            f"`{rule.group or 'core'}`",
            ", ".join(rule.resources),
            ", ".join(rule.verbs),
            ", ".join(rule.names) or word("every", language),
            rule.namespace or word("every", language),
            word(_granted(rule in removal, rule in secrets), language),
            word("yes" if rule in watching else "no", language),
        )
        for rule in (*usual, *secrets, *removal)
    ]
    return headed(
        language, ("group", "resources", "verbs", "resource-names", "namespace", "granted", "observe-only"), rows
    )


def _granted(removal: bool, secrets: bool) -> str:
    if removal:
        return "with-removal"
    return "with-secrets" if secrets else "always"
