/** What others changed of what Gatewright wrote here: since when, by whom, what, and what became of it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { Link } from "react-router";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { Drift } from "~/api/schema";
import { CopyName } from "~/components/CopyName";
import { type Column, DataTable } from "~/components/DataTable";
import { Detail, Facts } from "~/components/Detail";
import { FieldDiff } from "~/components/DiffView";
import { EmptyState } from "~/components/EmptyState";
import { Problem } from "~/components/Problem";
import { Said } from "~/components/Said";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { nameOfRef } from "~/i18n/server";
import { objectKey } from "~/lib/places";
import { useSession } from "~/shell/session";
import type { PartProps } from ".";
import { drifts } from "./queries";

const TONES = {
  open: "degraded",
  fought: "unhealthy",
  healing: "progressing",
  healed: "healthy",
  gone: "unknown",
} as const;
const STATES = Object.keys(TONES) as (keyof typeof TONES)[];

export function Drifts({ cluster, team }: PartProps) {
  const { t } = useTranslation("cluster");
  const { may } = useSession();
  const client = useQueryClient();
  const query = useQuery(drifts(cluster.cluster, team));
  const resume = useMutation({
    mutationFn: () => api("POST /drifts/resume", { body: { cluster: cluster.cluster } }),
    onSuccess: () => queries.invalidate(client, "drifts"),
  });
  const fought = query.data?.some((drift) => drift.state === "fought") && may("rollout.command");
  return (
    <>
      {fought && (
        <div className="row" style={{ marginBottom: 10 }}>
          <span>{t("drift.fought")}</span>
          <Button loading={resume.isPending} onClick={() => resume.mutate()}>
            {t("drift.resume")}
          </Button>
        </div>
      )}
      <Problem error={resume.error} />
      <DataTable
        label={t("tab.drift")}
        query={query}
        rows={query.data}
        columns={useColumns()}
        rowKey={(drift) => `${objectKey(drift.ref)}@${drift.found_at}`}
        empty={<EmptyState title={t("drift.none")}>{t("drift.none-text")}</EmptyState>}
        detail={(drift, close) => <DriftDetail drift={drift} close={close} />}
      />
    </>
  );
}

function useColumns(): Column<Drift>[] {
  const { t } = useTranslation("cluster");
  return [
    { key: "object", title: t("column.object"), value: (drift) => nameOfRef(drift.ref), primary: true, width: 340 },
    {
      key: "state",
      title: t("column.state"),
      width: 130,
      value: (drift) => STATES.indexOf(drift.state),
      pick: (drift) => drift.state,
      options: STATES.map((value) => ({ value, label: t(`drift.state.${value}`) })),
      render: (drift) => (
        <ToneTag tone={TONES[drift.state]} quiet>
          {t(`drift.state.${drift.state}`)}
        </ToneTag>
      ),
    },
    { key: "kind", title: t("column.what"), width: 120, value: (drift) => t(`drift.kind.${drift.kind}`) },
    {
      key: "who",
      title: t("column.who"),
      width: 200,
      value: (drift) => drift.changers?.map((one) => one.manager).join(", ") || "–",
    },
    { key: "team", title: t("column.team"), width: 120, value: (drift) => drift.team ?? "" },
    {
      key: "changed",
      title: t("column.when"),
      width: 120,
      value: (drift) => drift.changed_at,
      render: (drift) => <Since at={drift.changed_at} />,
    },
  ];
}

function DriftDetail({ drift, close }: { drift: Drift; close: () => void }) {
  const { t } = useTranslation("cluster");
  const { t: common } = useTranslation("common");
  const summary = (
    <div className="stack">
      {drift.message && (
        <p>
          <Said message={drift.message} />
        </p>
      )}
      {drift.remedy && (
        <p>
          <Said message={drift.remedy} />
        </p>
      )}
      <Facts
        rows={[
          [t("column.when"), <Since key="when" at={drift.changed_at} />],
          [t("drift.found"), <Since key="found" at={drift.found_at} />],
          [t("column.team"), drift.team || null],
          [t("drift.mode"), t(`drift.modes.${drift.mode ?? "report"}`)],
          [
            t("column.who"),
            drift.changers?.map((one) => `${one.manager} (${one.operation ?? "?"})`).join(", ") || null,
          ],
          [t("drift.why"), drift.why ? <Said key="why" message={drift.why} /> : null],
          [
            t("drift.rollout"),
            drift.rollout ? (
              <Link key="rollout" to={`/rollouts/${encodeURIComponent(drift.rollout)}`}>
                {drift.rollout}
              </Link>
            ) : null,
          ],
        ]}
      />
    </div>
  );
  return (
    <Detail
      title={<CopyName name={nameOfRef(drift.ref)} />}
      state={<ToneTag tone={TONES[drift.state]}>{t(`drift.state.${drift.state}`)}</ToneTag>}
      close={close}
      tabs={[
        { key: "summary", label: common("detail.summary"), children: summary },
        {
          key: "difference",
          label: common("detail.difference"),
          children: <FieldDiff differences={drift.differences} />,
        },
      ]}
    />
  );
}
