/** What the cluster has of the Gateway API, what it should have, and what is wrong, causes first. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import * as queries from "~/api/queries";
import type { ClusterInstallation, ControllerSpec, Finding } from "~/api/schema";
import { Causes } from "~/components/Causes";
import { Facts } from "~/components/Detail";
import { Problem } from "~/components/Problem";
import { Shape } from "~/components/Shape";
import { StateTag, ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { clusterPath } from "~/lib/places";
import type { PartProps } from ".";
import { Lines, Owned, Pane } from "./Pane";

const TESTED = { tested: "healthy", untested: "degraded", "below-floor": "unhealthy", unknown: "unknown" } as const;

export function Installation({ cluster, team }: PartProps) {
  const { t } = useTranslation("cluster");
  const health = useQuery(queries.clusterHealth(cluster.cluster, team));
  return (
    <div className="panes">
      <Pane title={t("has.title")}>
        <Has cluster={cluster} />
      </Pane>
      <Pane title={t("should.title")}>
        <Should cluster={cluster} />
      </Pane>
      <Pane title={t("controllers.title")} wide>
        <Lines
          heads={[
            t("column.name"),
            t("column.version"),
            t("column.state"),
            t("column.classes"),
            t("column.crds-needed"),
            t("column.owner"),
          ]}
          empty={t("controllers.none")}
          rows={(cluster.controllers ?? []).map(({ versions, ownership, classes }) => ({
            key: `${versions.namespace}/${versions.deployment}`,
            cells: [
              <span key="name" className="stack tight" style={{ gap: 0 }}>
                {versions.controller}
                <code className="muted">
                  {versions.namespace}/{versions.deployment}
                </code>
              </span>,
              versions.version,
              <ToneTag key="state" tone={versions.available ? "healthy" : "unhealthy"} quiet>
                {versions.available ? t("available") : t("unavailable")}
              </ToneTag>,
              classes?.join(", ") || "–",
              versions.needs === "unserved" ? (
                <ToneTag key="needs" tone="unhealthy" quiet>
                  {t("needs.unserved", { crds: versions.lacking?.join(", ") ?? "" })}
                </ToneTag>
              ) : (
                t(`needs.${versions.needs}`)
              ),
              <Owned key="owner" ownership={ownership} />,
            ],
          }))}
        />
      </Pane>
      <Pane title={t("classes.title")} wide>
        <Lines
          heads={[t("column.name"), t("column.state"), t("column.controller"), t("column.gateways"), t("column.owner")]}
          empty={t("classes.none")}
          rows={(cluster.classes ?? []).map((one) => ({
            key: one.name,
            cells: [
              <Link
                key="name"
                to={clusterPath(cluster.cluster, "objects", { open: `GatewayClass//${one.name}`, team })}
              >
                {one.name}
              </Link>,
              <StateTag key="state" state={one.state} quiet />,
              <span key="controller" className="stack tight" style={{ gap: 0 }}>
                {one.controller || t("stranger")}
                <code className="muted">{one.controller_name}</code>
              </span>,
              one.gateways ?? 0,
              <Owned key="owner" ownership={one.ownership} />,
            ],
          }))}
        />
      </Pane>
      <Pane title={t("causes.title")} wide>
        <Problem error={health.error} retry={health.refetch} />
        {health.data && <Causes causes={health.data.causes} />}
      </Pane>
    </div>
  );
}

function Has({ cluster }: { cluster: ClusterInstallation }) {
  const { t } = useTranslation("cluster");
  const seen = !!cluster.seen_at;
  const state = seen ? (cluster.bundle_state ?? "unknown") : "unknown";
  const { bundle, bundle_claims: claims = [], fits = [], lacking = [] } = cluster;
  const named = bundle ? `${bundle.version} ${bundle.channel}` : "";
  const others = fits.map((one) => `${one.version} ${one.channel}`).filter((one) => one !== named);
  const tested = cluster.tested ?? "unknown";
  const odd = state !== "uniform" && state !== "absent";
  return (
    <Facts
      rows={[
        [
          t("has.bundle"),
          <span key="bundle" className="stack tight" style={{ gap: 0 }}>
            <span>{named || t(`bundle.${state}`)}</span>
            {odd && named && (
              <ToneTag tone="degraded" quiet>
                {t(`bundle.${state}`)}
              </ToneTag>
            )}
            {others.length > 0 && <span className="muted">{t("has.same", { names: others.join(", ") })}</span>}
          </span>,
        ],
        [
          t("has.claims"),
          claims.length > 1
            ? claims
                .map((one) => t("has.claim", { name: `${one.version || "?"} ${one.channel}`, count: one.crds }))
                .join("; ")
            : null,
        ],
        [t("has.lacking"), lacking.length ? lacking.join(", ") : null],
        [
          t("has.kubernetes"),
          <span key="kubernetes" className="row">
            {cluster.kubernetes}
            {named && (
              <ToneTag tone={TESTED[tested]} quiet>
                {t(`tested.${tested}`)}
              </ToneTag>
            )}
          </span>,
        ],
        [t("has.admission"), t(`admission.${cluster.admission ?? "unknown"}`)],
      ]}
    />
  );
}

function Should({ cluster }: { cluster: ClusterInstallation }) {
  const { t } = useTranslation("cluster");
  const { bundle, bundle_teams: teams = [], controllers = [], clashes = [], others_clash } = cluster.wanted;
  if (!bundle && !controllers.length && !clashes.length) return <p className="muted">{t("should.nothing")}</p>;
  return (
    <div className="stack">
      <Facts
        rows={[
          [
            t("has.bundle"),
            bundle ? <Wanted key="bundle" name={`${bundle.version} ${bundle.channel}`} teams={teams} /> : null,
          ],
          ...controllers.map(({ controller, teams: theirs }): [string, React.ReactNode] => [
            t("should.controller", { name: controller.name }),
            <Wanted key={controller.name} name={controllerWords(controller)} teams={theirs ?? []} />,
          ]),
        ]}
      />
      {clashes.map((clash) => (
        <Clash key={`${clash.code}/${clash.object?.name ?? ""}`} finding={clash} />
      ))}
      {others_clash && <p className="state tone-degraded">{t("should.others-clash")}</p>}
    </div>
  );
}

function controllerWords({ version, namespace, gatewayClass, ports }: ControllerSpec): string {
  return [version, namespace, gatewayClass, ports?.join(", ")].filter(Boolean).join(" · ");
}

function Wanted({ name, teams }: { name: string; teams: readonly string[] }) {
  const { t } = useTranslation("cluster");
  return (
    <span className="stack tight" style={{ gap: 0 }}>
      {name}
      {teams.length > 0 && (
        <span className="muted">
          {t("should.by")}{" "}
          {teams.map((one, index) => (
            <span key={one}>
              {index > 0 && ", "}
              <Link to={`/teams/${encodeURIComponent(one)}`}>{one}</Link>
            </span>
          ))}
        </span>
      )}
    </span>
  );
}

function Clash({ finding }: { finding: Finding }) {
  const say = useSay();
  return (
    <div className="note tone-unhealthy">
      <Shape tone="unhealthy" />
      <div className="words">
        <strong>{say(finding.message)}</strong>
        <span>{say(finding.remedy)}</span>
      </div>
    </div>
  );
}
