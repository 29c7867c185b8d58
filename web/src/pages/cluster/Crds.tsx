/** The CRDs of the Gateway API: release, channel, what is served and stored, whose they are, how many objects. */

import type { InstalledCrd } from "~/api/schema";
import { CopyName } from "~/components/CopyName";
import { type Column, DataTable } from "~/components/DataTable";
import { Detail, Facts } from "~/components/Detail";
import { EmptyState } from "~/components/EmptyState";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import type { PartProps } from ".";
import { Lines, Owned } from "./Pane";

const short = (crd: InstalledCrd) => crd.versions.name.split(".", 1)[0] ?? crd.versions.name;

export function Crds({ cluster }: PartProps) {
  const { t } = useTranslation("cluster");
  const columns = useColumns();
  return (
    <DataTable
      label={t("tab.crds")}
      rows={cluster.crds ?? []}
      columns={columns}
      rowKey={short}
      empty={
        <EmptyState title={t("crds.none")}>{t(cluster.seen_at ? "crds.none-text" : "crds.unseen-text")}</EmptyState>
      }
      detail={(crd, close) => <CrdDetail crd={crd} close={close} />}
    />
  );
}

function useColumns(): Column<InstalledCrd>[] {
  const { t } = useTranslation("cluster");
  return [
    { key: "name", title: t("column.name"), value: short, primary: true, width: 190 },
    { key: "version", title: t("column.bundle"), width: 100, value: (crd) => crd.versions.version || t("unsaid") },
    { key: "channel", title: t("column.channel"), width: 110, value: (crd) => crd.versions.channel || t("unsaid") },
    { key: "served", title: t("column.served"), width: 140, value: (crd) => crd.versions.served.join(", ") },
    {
      key: "stored",
      title: t("column.stored"),
      width: 220,
      value: (crd) => crd.versions.stored.join(", "),
      render: (crd) => (
        <span className="row">
          {crd.versions.stored.join(", ")}
          {!!crd.versions.debt?.length && (
            <ToneTag tone="degraded" quiet>
              {t("crds.debt")}
            </ToneTag>
          )}
        </span>
      ),
    },
    {
      key: "owner",
      title: t("column.owner"),
      width: 140,
      value: (crd) => (crd.ownership.origin === "foreign" ? crd.ownership.owner?.writer : "gatewright"),
      render: (crd) =>
        crd.ownership.origin === "foreign"
          ? [crd.ownership.owner?.writer ?? t("owner.unknown"), crd.ownership.owner?.name].filter(Boolean).join(" ")
          : t(`owner.${crd.ownership.origin}`),
    },
    {
      key: "objects",
      title: t("column.objects"),
      width: 100,
      align: "end",
      value: (crd) => crd.objects ?? -1,
      render: (crd) => crd.objects ?? <span className="muted">–</span>,
    },
  ];
}

function CrdDetail({ crd, close }: { crd: InstalledCrd; close: () => void }) {
  const { t } = useTranslation("cluster");
  const { t: common } = useTranslation("common");
  const { versions, ownership } = crd;
  const summary = (
    <div className="stack">
      <Facts
        rows={[
          [t("column.bundle"), versions.version || t("unsaid")],
          [t("column.channel"), versions.channel || t("unsaid")],
          [t("column.served"), versions.served.join(", ")],
          [t("column.storage"), versions.storage],
          [t("column.stored"), versions.stored.join(", ")],
          [t("column.owner"), <Owned key="owner" ownership={ownership} />],
          [t("crds.orphan"), versions.orphan ? t("crds.orphan-text") : null],
        ]}
      />
      {!!versions.debt?.length && (
        <p className="note tone-degraded">
          <span className="words">
            <strong>{t("crds.debt-text", { versions: versions.debt.join(", ") })}</strong>
            <span>
              {versions.blocks?.length
                ? t("crds.blocks", { names: versions.blocks.map((one) => `${one.version} ${one.channel}`).join(", ") })
                : t("crds.blocks-none")}
            </span>
          </span>
        </p>
      )}
    </div>
  );
  const writers = (
    <Lines
      heads={[t("column.manager"), t("column.operation"), t("column.written")]}
      empty={t("writers-none")}
      rows={(ownership.managers ?? []).map((one) => ({
        key: `${one.manager}/${one.operation ?? ""}`,
        cells: [one.manager, one.operation ?? "–", <Since key="at" at={one.at} />],
      }))}
    />
  );
  return (
    <Detail
      title={<CopyName name={versions.name} />}
      close={close}
      tabs={[
        { key: "summary", label: common("detail.summary"), children: summary },
        { key: "writers", label: t("writers"), children: writers },
      ]}
    />
  );
}
