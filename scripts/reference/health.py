"""The findings of health, from their registry: what each says, what to do, which conditions it explains."""

from __future__ import annotations

from gatewright.gatewayapi.health.rules import ALL
from gatewright.text import Language
from reference.words import shown, word


def findings(language: Language) -> str:
    colon = ": " if language == "en" else "："
    lines: list[str] = []
    for rule in ALL:
        severity = " / ".join(word(level, language) for level in rule.severities)
        lines += [f"### {rule.code}", "", f"**{severity}**", ""]
        lines += [f"- {word('finding', language)}{colon}{shown(rule.code, language)}"]
        lines += [f"- {word('remedy', language)}{colon}{shown(f'{rule.code}.remedy', language)}"]
        if rule.accounts:
            lines += [f"- {word('accounts', language)}{colon}{', '.join(f'`{c}`' for c in sorted(rule.accounts))}"]
        lines += [""]
    return "\n".join(lines)
