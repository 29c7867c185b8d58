/** A card with a head, and small tables within: what the parts of the cluster page are made of. */
import type { ReactNode } from "react";
import type { Ownership } from "~/api/schema";
import { Marked } from "~/components/Marked";
import { Since } from "~/components/Since";
import { useTranslation } from "~/i18n/react";

interface PaneProps {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

export function Pane({ title, about, actions, wide, children }: PaneProps) {
  return (
    <section className={`card pane${wide ? " wide" : ""}`} aria-label={title}>
      <div className="row spread">
        <h2>{title}</h2>
        {actions}
      </div>
      {about && <p className="muted">{typeof about === "string" ? <Marked text={about} /> : about}</p>}
      {children}
    </section>
  );
}

interface LinesProps {
  heads: string[];
  rows: { key: string; cells: ReactNode[] }[];
  empty: string;
}

/** A table of few rows. */
export function Lines({ heads, rows, empty }: LinesProps) {
  if (!rows.length) return <p className="muted">{empty}</p>;
  return (
    <div className="scrolls">
      <table className="lines">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, index) => (
                <td key={heads[index]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Whose an object is, and what tells so. */
export function Owned({ ownership }: { ownership: Ownership }) {
  const { t } = useTranslation("cluster");
  const { origin, owner, managers, written_at } = ownership;
  const who = owner ? (owner.name ? `${owner.writer} ${owner.name}` : owner.writer) : t("owner.unknown");
  const [last] = managers ?? [];
  return (
    <span className="stack tight" style={{ gap: 0 }}>
      <span>{origin === "foreign" ? who : t(`owner.${origin}`)}</span>
      <span className="muted">
        {origin === "foreign" ? (
          owner?.evidence || (last ? `${last.manager} ` : "")
        ) : written_at ? (
          <Since at={written_at} />
        ) : null}
      </span>
    </span>
  );
}
