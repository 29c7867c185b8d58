/** What this installation is, for those who look after it: how one signs in, and how much is in it. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import * as queries from "~/api/queries";
import { Facts } from "~/components/Detail";
import { Skeleton } from "~/components/Loading";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import { bundles, people } from "./queries";
import { Section } from "./Section";

export function Installation() {
  const { t } = useTranslation("settings");
  const { session } = useSession();
  const may = (permission: string) => session.permissions.includes(permission);
  const everybody = useQuery(people());
  const teams = useQuery({ ...queries.teams(), enabled: may("team.read") });
  const clusters = useQuery({ ...queries.clusters(), enabled: may("cluster.read") });
  const releases = useQuery({ ...bundles(), enabled: may("bundle.read") });
  const newest = (channel: string) => releases.data?.filter((one) => one.channel === channel).at(-1)?.version;
  return (
    <Section wide title={t("installation.title")} about={t("installation.about")}>
      <Facts
        rows={[
          [
            t("installation.oidc"),
            session.oidc === null ? (
              <span key="oidc" className="stack" style={{ gap: 2 }}>
                <ToneTag tone="unknown" quiet>
                  {t("installation.off")}
                </ToneTag>
                <span className="muted">
                  {t("installation.turn-on")} <code>GATEWRIGHT_OIDC_ISSUER</code>
                </span>
              </span>
            ) : (
              <ToneTag key="oidc" tone="healthy" quiet>
                {t("installation.on", { label: session.oidc || t("provider") })}
              </ToneTag>
            ),
          ],
          [
            t("installation.people"),
            <Count key="people" query={everybody}>
              <Link to="/users">
                {t("installation.enabled", { count: everybody.data?.filter((one) => !one.disabled).length ?? 0 })}
              </Link>
            </Count>,
          ],
          [
            t("installation.teams"),
            may("team.read") ? (
              <Count key="teams" query={teams}>
                <Link to="/teams">{teams.data?.length}</Link>
              </Count>
            ) : null,
          ],
          [
            t("installation.clusters"),
            may("cluster.read") ? (
              <Count key="clusters" query={clusters}>
                <Link to="/clusters">{clusters.data?.length}</Link>
              </Count>
            ) : null,
          ],
          [
            t("installation.releases"),
            may("bundle.read") ? (
              <Count key="releases" query={releases}>
                {t("installation.newest", {
                  standard: newest("standard") ?? "–",
                  experimental: newest("experimental") ?? "–",
                })}
              </Count>
            ) : null,
          ],
        ]}
      />
    </Section>
  );
}

interface CountProps {
  query: { isPending: boolean; error: unknown };
  children: ReactNode;
}

/** A number that is not there yet, or that could not be read, does not stand in the way of the others. */
function Count({ query, children }: CountProps) {
  const { t } = useTranslation("settings");
  if (query.isPending) return <Skeleton width={60} />;
  if (query.error) return <span className="muted">{t("installation.unread")}</span>;
  return <span className="numbers">{children}</span>;
}
