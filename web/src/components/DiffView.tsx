/**
 * Before and after. `<DiffView before={a} after={b} />` compares two values (as YAML) or two texts by lines;
 * `<FieldDiff differences={v.differences} />` lists fields, what is there and what would be.
 * `name`: what differs, where a page shows several. What goes has a minus and what comes has a plus, besides the colour.
 */
import { useMemo } from "react";
import type { FieldDifference } from "~/api/schema";
import { useTranslation } from "~/i18n/react";
import { diff, type Line } from "~/lib/diff";
import { toYaml } from "~/lib/yaml";

const SIGNS: Record<Line["kind"], string> = { same: "  ", added: "+ ", removed: "- ", skipped: "" };

export function DiffView({ before, after, name }: { before: unknown; after: unknown; name?: string }) {
  const { t } = useTranslation();
  const lines = useMemo(() => diff(asText(before), asText(after)), [before, after]);
  if (!lines.some((line) => line.kind === "added" || line.kind === "removed")) {
    return <p className="muted">{t("diff.same")}</p>;
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard
    <section className="text-view" tabIndex={0} aria-label={name ? t("diff.of", { name }) : t("detail.difference")}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
        <span className={`line ${line.kind}`} key={index}>
          {line.kind === "skipped" ? t("diff.skipped", { count: line.count ?? 0 }) : SIGNS[line.kind] + line.text}
        </span>
      ))}
    </section>
  );
}

interface FieldProps {
  differences: readonly FieldDifference[] | undefined;
  name?: string;
}

export function FieldDiff({ differences, name }: FieldProps) {
  const { t } = useTranslation();
  if (!differences?.length) return <p className="muted">{t("diff.same")}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard
    <section className="text-view" tabIndex={0} aria-label={name ? t("diff.of", { name }) : t("detail.difference")}>
      {differences.map((one) => (
        <span key={one.path}>
          <span className="line key">{one.path}</span>
          <span className="line removed">- {asLine(one.live, t("diff.absent"))}</span>
          <span className="line added">+ {asLine(one.wanted, t("diff.absent"))}</span>
        </span>
      ))}
    </section>
  );
}

function asText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : toYaml(value);
}

function asLine(value: unknown, absent: string): string {
  return value === null || value === undefined ? absent : typeof value === "string" ? value : JSON.stringify(value);
}
