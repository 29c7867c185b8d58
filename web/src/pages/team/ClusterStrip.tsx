/** The team's clusters to go to, the worst first; the page stays, its cluster changes. */
import { useMemo } from "react";
import { Link, useLocation } from "react-router";
import type { Binding, ClusterHealth } from "~/api/schema";
import { StateTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { WORST } from "~/lib/states";
import { withCluster } from "~/shell/scope";

const MOST = 14;

interface Props {
  bindings: readonly Binding[];
  members: readonly ClusterHealth[] | undefined;
  chosen: string | undefined;
}

export function ClusterStrip({ bindings, members, chosen }: Props) {
  const { t } = useTranslation("team");
  const { pathname, search } = useLocation();
  const states = useMemo(() => new Map((members ?? []).map((one) => [one.cluster, one.state])), [members]);
  const names = useMemo(() => {
    const rank = (name: string) => WORST.indexOf(states.get(name) ?? "unknown");
    const all = bindings.map((one) => one.cluster);
    if (all.length <= MOST) return all;
    const worst = [...all].sort((a, b) => rank(a) - rank(b)).slice(0, MOST);
    return chosen && !worst.includes(chosen) ? [chosen, ...worst] : worst;
  }, [bindings, states, chosen]);
  if (!bindings.length) return null;
  const to = (cluster: string | undefined) => withCluster({ pathname, search }, cluster);
  return (
    <nav className="team-strip" aria-label={t("strip.label")}>
      <Link to={to(undefined)} aria-current={chosen === undefined ? "true" : undefined}>
        {t("strip.all")}
      </Link>
      {names.map((name) => (
        <Link key={name} to={to(name)} aria-current={name === chosen ? "true" : undefined}>
          {members && <StateTag state={states.get(name)} dot />}
          {name}
        </Link>
      ))}
      {names.length < bindings.length && (
        <span className="more muted">{t("strip.more", { count: bindings.length - names.length })}</span>
      )}
    </nav>
  );
}
