/** The clusters of a plan, those first that block; of many one finds one by name, and those of one outcome. */
import { useDeferredValue, useMemo } from "react";
import type { ClusterPlan } from "~/api/schema";
import { Count, Search } from "~/components/Searching";
import { Tally, toggled } from "~/components/Tally";
import { useTranslation } from "~/i18n/react";
import { useFilters } from "~/lib/useFilters";
import { useGrowing } from "~/lib/useGrowing";
import { ClusterPart } from "./ClusterPart";
import { listed, OUTCOMES, outcomeTone } from "./read";

const FEW = 3;
/** From here on one can search, and what is out of sight is not laid out. */
const MANY = 30;
const FILTERED = ["outcome"] as const;

export function Clusters({ clusters }: { clusters: readonly ClusterPlan[] }) {
  const { t } = useTranslation("plan");
  const [filters, change] = useFilters(FILTERED);
  const settled = useDeferredValue(filters);
  const many = clusters.length > MANY;
  const all = useMemo(() => listed(clusters, "", []), [clusters]);
  const picked = filters.picks["outcome"] ?? [];
  const found = useMemo(
    () => (many ? listed(clusters, settled.q, settled.picks["outcome"] ?? []) : all),
    [clusters, all, many, settled],
  );
  return (
    <section aria-label={t("clusters")}>
      <h2>
        {t("clusters")} <span className="muted numbers">{all.length}</span>
      </h2>
      {many && (
        <div>
          <fieldset className="tallies plain-set" aria-label={t("outcomes")}>
            {OUTCOMES.map((outcome) => (
              <Tally
                key={outcome}
                tone={outcomeTone[outcome]}
                count={all.filter((one) => one.outcome === outcome).length}
                word={t(`outcome.${outcome}`)}
                pressed={picked.includes(outcome)}
                toggle={() => change({ picks: { outcome: toggled(picked, outcome) } })}
              />
            ))}
          </fieldset>
          <div className="row">
            <Search value={filters.q} onChange={(q) => change({ q })} />
            <Count found={found.length} all={all.length} filters={filters} clear={() => change({ q: "", picks: {} })} />
          </div>
        </div>
      )}
      <Parts key={`${settled.q}/${settled.picks["outcome"]?.join() ?? ""}`} found={found} open={all.length} />
      {!found.length && <p className="muted">{t("no-cluster")}</p>}
    </section>
  );
}

/** `open`: of how many in all; the first is open, and each of a few. */
function Parts({ found, open }: { found: ReturnType<typeof listed>; open: number }) {
  const [count, end] = useGrowing(found.length);
  return (
    <ul className={`stack tight${open > MANY ? " many" : ""}`}>
      {found.slice(0, count).map(({ cluster }, index) => (
        <ClusterPart key={cluster.cluster} cluster={cluster} open={open <= FEW || index === 0} />
      ))}
      {count < found.length && <li ref={end} aria-hidden="true" className="growing" />}
    </ul>
  );
}
