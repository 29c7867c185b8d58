/** The columns of the list of resources. */

import type { SeenObject } from "~/api/schema";
import type { Column } from "~/components/DataTable";
import { StateTag, ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { sentencesOf, useSay } from "~/i18n/server";
import { WORST } from "~/lib/states";

export const KINDS: readonly string[] = [
  "GatewayClass",
  "Gateway",
  "ListenerSet",
  "HTTPRoute",
  "GRPCRoute",
  "TLSRoute",
  "TCPRoute",
  "UDPRoute",
  "BackendTLSPolicy",
];

export function useColumns(): Column<SeenObject>[] {
  const { t } = useTranslation("resources");
  const { t: common } = useTranslation("common");
  const say = useSay();
  const why = ({ object }: SeenObject) => {
    const [first] = object.findings ?? [];
    if (first) return say(sentencesOf(first).message);
    const bad = object.conditions?.find((one) => one.good === false);
    return bad ? `${bad.type}: ${bad.reason ?? bad.status}` : "";
  };
  return [
    { key: "name", title: t("column.name"), value: ({ object }) => object.ref.name, primary: true, width: 170 },
    {
      key: "kind",
      title: t("column.kind"),
      width: 130,
      value: ({ object }) => object.ref.kind,
      options: KINDS.map((kind) => ({ value: kind, label: kind })),
    },
    {
      key: "namespace",
      title: t("column.namespace"),
      width: 130,
      value: ({ object }) => object.ref.namespace ?? "",
      render: ({ object }) => <code>{object.ref.namespace ?? "–"}</code>,
    },
    { key: "where", title: t("column.cluster"), width: 120, value: (row) => row.cluster },
    {
      key: "state",
      title: t("column.state"),
      width: 120,
      value: ({ object }) => WORST.indexOf(object.state),
      pick: ({ object }) => object.state,
      options: WORST.map((state) => ({ value: state, label: common(`state.${state}`) })),
      render: ({ object }) => <StateTag state={object.state} quiet />,
    },
    {
      key: "why",
      title: t("column.why"),
      width: 280,
      fixedOrder: true,
      value: why,
      render: (row) => <span title={why(row)}>{why(row) || <span className="muted">–</span>}</span>,
    },
    {
      key: "conditions",
      title: t("column.conditions"),
      width: 210,
      render: (row) => <Types row={row} />,
    },
    {
      key: "findings",
      title: t("column.findings"),
      width: 90,
      align: "end",
      value: ({ object }) => object.findings?.length ?? 0,
      render: ({ object }) => object.findings?.length || <span className="muted">–</span>,
    },
    {
      key: "codes",
      title: t("column.codes"),
      width: 220,
      hidden: true,
      value: ({ object }) => [...new Set(object.findings?.map((one) => one.code))].join(", "),
    },
  ];
}

/** The types of its conditions, each once: bad where one of them is. */
function Types({ row }: { row: SeenObject }) {
  const found = new Map<string, boolean | null>();
  for (const { type, good } of row.object.conditions ?? []) {
    const known = found.get(type);
    found.set(type, known === false || good === false ? false : (good ?? known ?? null));
  }
  if (!found.size) return <span className="muted">–</span>;
  return (
    <span className="row" style={{ gap: 10, flexWrap: "nowrap" }}>
      {[...found].map(([type, good]) => (
        <ToneTag key={type} tone={good === false ? "unhealthy" : good ? "healthy" : "unknown"} quiet>
          {type}
        </ToneTag>
      ))}
    </span>
  );
}
