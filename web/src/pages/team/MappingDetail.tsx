/** One resource on every cluster of the team: its state and hostnames there, and the fields in which they differ. */

import type { MappingDifference, ResourceMapping } from "~/api/schema";
import { Detail } from "~/components/Detail";
import { EmptyState } from "~/components/EmptyState";
import { StateTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { Agreement, Missing } from "./Mapping";
import { apart } from "./majority";

export function MappingDetail({ row, close }: { row: ResourceMapping; close: () => void }) {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  return (
    <Detail
      title={
        <>
          {row.kind} <code>{row.name}</code>
        </>
      }
      state={<Agreement of={row.agreement} />}
      close={close}
      tabs={[
        { key: "summary", label: t("mapping.clusters"), children: <Cells row={row} /> },
        { key: "difference", label: common("detail.difference"), children: <Differences row={row} /> },
      ]}
    />
  );
}

function Cells({ row }: { row: ResourceMapping }) {
  const { t } = useTranslation("team");
  const say = useSay();
  return (
    <table className="team-values">
      <thead>
        <tr>
          <th scope="col">{t("column.cluster")}</th>
          <th scope="col">{t("column.health")}</th>
          <th scope="col">{t("mapping.there")}</th>
        </tr>
      </thead>
      <tbody>
        {row.cells.map((cell) => (
          <tr key={cell.cluster}>
            <th scope="row">{cell.cluster}</th>
            <td>
              {cell.presence === "present" ? (
                <StateTag state={cell.state} quiet />
              ) : (
                <>
                  <Missing presence={cell.presence} /> {t(`presence.${cell.presence}`)}
                </>
              )}
            </td>
            <td>
              <div className="stack tight">
                <Apart how={apart(row, cell)} />
                {cell.reason && <span>{say(cell.reason)}</span>}
                {cell.remedy && <span className="muted">{say(cell.remedy)}</span>}
                {cell.hostnames?.length ? <code>{cell.hostnames.join(", ")}</code> : null}
                <code className="muted">{cell.namespace}</code>
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Apart({ how }: { how: ReturnType<typeof apart> }) {
  const { t } = useTranslation("team");
  return how && <strong>≠ {t(`mapping.apart.${how}`)}</strong>;
}

function Differences({ row }: { row: ResourceMapping }) {
  const { t } = useTranslation("team");
  if (!row.differences?.length) {
    return <EmptyState title={t(`agreement.${row.agreement}`)}>{t("mapping.no-difference")}</EmptyState>;
  }
  return (
    <div className="stack">
      {row.cut && <p className="muted">{t("mapping.differences-cut", { count: row.differences.length })}</p>}
      {row.differences.map((one) => (
        <section key={one.path} className="stack tight">
          <h3>
            <code>{one.path}</code>
          </h3>
          <table className="team-values">
            <tbody>
              {groups(one).map(([value, clusters]) => (
                <tr key={value}>
                  <td style={{ width: "45%" }}>{clusters.join(", ")}</td>
                  <td>{value === "" ? <span className="muted">{t("mapping.nothing")}</span> : <code>{value}</code>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ))}
    </div>
  );
}

/** The values, each with the clusters that have it; most clusters first. */
function groups({ values }: MappingDifference): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const [cluster, value] of Object.entries(values)) {
    const text = value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
    found.set(text, [...(found.get(text) ?? []), cluster]);
  }
  return [...found].sort((a, b) => b[1].length - a[1].length);
}
