/** The same graph as a list: for those who do not see a drawing, and for those who would rather sort. */

import type { TopologyEdge, TopologyNode } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { StateTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { WORST } from "~/lib/states";
import { LAYERS } from "./graph";

interface Props {
  nodes: readonly TopologyNode[];
  edges: readonly TopologyEdge[];
  open: (id: string) => void;
}

export function PartList({ nodes, edges, open }: Props) {
  const { t } = useTranslation("topology");
  const { t: common } = useTranslation("common");
  const say = useSay();
  const names = new Map(nodes.map((node) => [node.id, node.name]));
  const ends = (id: string, at: "source" | "target", to: "source" | "target") =>
    edges
      .filter((edge) => edge[at] === id)
      .map((edge) => names.get(edge[to]))
      .filter(Boolean)
      .join(", ");
  const columns: Column<TopologyNode>[] = [
    { key: "name", title: t("column.name"), value: (node) => node.name, primary: true, width: 220 },
    {
      key: "layer",
      title: t("column.kind"),
      width: 130,
      value: (node) => LAYERS.indexOf(node.layer),
      pick: (node) => node.layer,
      options: LAYERS.map((layer) => ({ value: layer, label: t(`layer.${layer}`) })),
      render: (node) => t(`kind.${node.layer}`),
    },
    {
      key: "state",
      title: t("column.state"),
      width: 120,
      value: (node) => WORST.indexOf(node.state),
      pick: (node) => node.state,
      options: WORST.map((state) => ({ value: state, label: common(`state.${state}`) })),
      render: (node) => <StateTag state={node.state} quiet />,
    },
    {
      key: "reason",
      title: t("column.reason"),
      width: 300,
      value: (node) => say(node.reason),
      fixedOrder: true,
      render: (node) => <span title={say(node.reason)}>{say(node.reason) || "–"}</span>,
    },
    {
      key: "hangs",
      title: t("column.hangs"),
      width: 200,
      fixedOrder: true,
      render: (node) => ends(node.id, "target", "source") || "–",
    },
    {
      key: "leads",
      title: t("column.leads"),
      width: 220,
      fixedOrder: true,
      render: (node) => ends(node.id, "source", "target") || "–",
    },
    { key: "where", title: t("column.cluster"), width: 130, value: (node) => node.cluster },
    {
      key: "hostnames",
      title: t("column.hostnames"),
      width: 220,
      hidden: true,
      value: (node) => node.hostnames?.join(", "),
    },
  ];
  return (
    <DataTable
      label={t("title")}
      rows={nodes}
      columns={columns}
      rowKey={(node) => node.id}
      onOpen={(node) => open(node.id)}
    />
  );
}
