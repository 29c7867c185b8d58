/** Who owns what: what teams claim of the cluster, whose the CRDs are and what tells so, and a person's word on it. */
import { Button } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { ClusterInstallation, Ownership } from "~/api/schema";
import { Facts } from "~/components/Detail";
import { Since } from "~/components/Since";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import type { PartProps } from ".";
import { ChangeCustody } from "./ChangeCustody";
import { Lines, Owned, Pane } from "./Pane";

export function Owners({ cluster }: PartProps) {
  const { t } = useTranslation("cluster");
  const claims = cluster.claims ?? [];
  return (
    <div className="panes">
      <Custody cluster={cluster} />
      <Pane title={t("claims.title")} about={t("claims.about")}>
        <Lines
          heads={[t("column.team"), t("column.namespace"), t("column.stack"), t("column.wants")]}
          empty={t("claims.none")}
          rows={claims.map((claim) => ({
            key: claim.team,
            cells: [
              <Link
                key="team"
                to={`/teams/${encodeURIComponent(claim.team)}/clusters/${encodeURIComponent(cluster.cluster)}`}
              >
                {claim.team}
              </Link>,
              <code key="namespace">{claim.namespace}</code>,
              claim.stack ? (
                <Link
                  key="stack"
                  to={`/teams/${encodeURIComponent(claim.team)}/stacks/${encodeURIComponent(claim.stack)}`}
                >
                  {claim.stack}
                </Link>
              ) : (
                <span key="stack" className="muted">
                  {t("claims.namespace-only")}
                </span>
              ),
              [
                claim.bundle ? `${claim.bundle.version} ${claim.bundle.channel}` : "",
                claim.controller ? `${claim.controller.name} ${claim.controller.version}` : "",
              ]
                .filter(Boolean)
                .join(", ") || "–",
            ],
          }))}
        />
      </Pane>
      <Pane title={t("owners.title")} about={t("owners.about")} wide>
        <Lines
          heads={[t("column.object"), t("column.owner"), t("column.manager"), t("column.written")]}
          empty={t("owners.none")}
          rows={owned(cluster).map(({ name, ownership }) => {
            const [last] = ownership.managers ?? [];
            return {
              key: name,
              cells: [
                <code key="name">{name}</code>,
                <Owned key="owner" ownership={ownership} />,
                last ? `${last.manager}${last.operation ? ` (${last.operation})` : ""}` : "–",
                last?.at ? <Since key="at" at={last.at} /> : "–",
              ],
            };
          })}
        />
      </Pane>
    </div>
  );
}

function Custody({ cluster }: { cluster: ClusterInstallation }) {
  const { t } = useTranslation("cluster");
  const { t: common } = useTranslation("common");
  const { may } = useSession();
  const [changing, change] = useState(false);
  const { state, wish, who, at, owners = [] } = cluster.custody;
  const shown = evidenceOf(cluster.custody.evidence);
  return (
    <Pane
      title={t("custody.title")}
      actions={may("cluster.custody") && <Button onClick={() => change(true)}>{t("custody.change")}</Button>}
    >
      <Facts
        rows={[
          [
            t("custody.fact"),
            <span key="fact" className="stack tight" style={{ gap: 0 }}>
              {common(`custody.${state}`)}
              <span className="muted">{t(`custody.fact-of.${state}`)}</span>
            </span>,
          ],
          [t("custody.owners"), owners.length ? owners.join(", ") : null],
          [t("custody.word"), wish ? t(`custody.wish.${wish}`) : t("custody.wish.none")],
          [
            t("custody.by"),
            who ? (
              <span key="by" className="row">
                {who} <Since at={at} />
              </span>
            ) : null,
          ],
          [
            t("custody.shown"),
            shown.length ? (
              <ul key="shown">
                {shown.map((line) => (
                  <li key={line}>
                    <code>{line}</code>
                  </li>
                ))}
              </ul>
            ) : null,
          ],
        ]}
      />
      <ChangeCustody cluster={cluster} open={changing} close={() => change(false)} />
    </Pane>
  );
}

function owned(cluster: ClusterInstallation): { name: string; ownership: Ownership }[] {
  return [
    ...(cluster.crds ?? []).map((crd) => ({ name: crd.versions.name, ownership: crd.ownership })),
    ...(cluster.controllers ?? []).map(({ versions, ownership }) => ({
      name: `Deployment ${versions.namespace}/${versions.deployment}`,
      ownership,
    })),
    ...(cluster.classes ?? []).map((one) => ({ name: `GatewayClass ${one.name}`, ownership: one.ownership })),
  ];
}

/** What the person was shown: lines, or whatever was recorded, as text. */
function evidenceOf(evidence: unknown): string[] {
  if (evidence === null || evidence === undefined) return [];
  if (Array.isArray(evidence)) return evidence.map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
  return [typeof evidence === "string" ? evidence : JSON.stringify(evidence)];
}
