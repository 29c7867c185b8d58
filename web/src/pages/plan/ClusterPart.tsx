/** One cluster of a plan: its outcome in one line; opened, its objects by verdict, and the steps in their order. */

import type { ClusterPlan } from "~/api/schema";
import { Shape } from "~/components/Shape";
import { ToneTag, Verdict } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { verdictTone } from "~/lib/states";
import { Fold } from "./Fold";
import { ObjectPlan } from "./ObjectPlan";
import { counts, type Group, groups, idOf, outcomeOf, outcomeTone } from "./read";

/** Groups that are open at first: what a person must decide on. */
const OPEN: ReadonlySet<string> = new Set(["conflict", "blocked", "wait", "delete", "adopt", "update"]);
const MANY = 40;

export function ClusterPart({ cluster, open }: { cluster: ClusterPlan; open: boolean }) {
  const { t } = useTranslation("plan");
  const outcome = outcomeOf(cluster);
  return (
    <li className="cluster-plan">
      <Fold
        open={open}
        className="cluster-fold"
        head={
          <>
            <h3>{cluster.cluster}</h3>
            <ToneTag tone={outcomeTone[outcome]}>{t(`outcome.${outcome}`)}</ToneTag>
            {cluster.bundle && (
              <span className="muted nowrap">
                {cluster.bundle.version} {cluster.bundle.channel ?? "standard"}
              </span>
            )}
            <span className="grow" />
            <Sums clusters={[cluster]} />
          </>
        }
      >
        {() => (
          <>
            {groups(cluster).map((group) => (
              <OneGroup key={group.verdict} cluster={cluster} group={group} />
            ))}
            {!!cluster.steps?.length && <Steps cluster={cluster} />}
          </>
        )}
      </Fold>
    </li>
  );
}

/** How many objects get which verdict. */
export function Sums({ clusters }: { clusters: readonly ClusterPlan[] }) {
  const { t } = useTranslation("common");
  return (
    <span className="sums">
      {counts(clusters).map(([verdict, count]) => (
        <span key={verdict} className={`state tone-${verdictTone[verdict]}`}>
          <Shape tone={verdictTone[verdict]} />
          {count} {t(`verdict.${verdict}`)}
        </span>
      ))}
    </span>
  );
}

function OneGroup({ cluster, group }: { cluster: ClusterPlan; group: Group }) {
  const { t } = useTranslation("plan");
  const { verdict, verdicts } = group;
  const kinds = [...new Set(verdicts.map((one) => one.ref.kind))];
  return (
    <div className="verdict-group">
      <Fold
        open={OPEN.has(verdict) && verdicts.length <= MANY}
        head={
          <>
            <Verdict verdict={verdict} />
            <span className="numbers nowrap">{t("objects", { count: verdicts.length })}</span>
            <span className="muted clip">{kinds.join(", ")}</span>
          </>
        }
      >
        {() => (
          <ul>
            {verdicts.map((one) => (
              <ObjectPlan key={idOf(one.ref)} cluster={cluster} verdict={one} />
            ))}
          </ul>
        )}
      </Fold>
    </div>
  );
}

function Steps({ cluster }: { cluster: ClusterPlan }) {
  const { t } = useTranslation("plan");
  const say = useSay();
  const steps = cluster.steps ?? [];
  return (
    <div className="verdict-group">
      <Fold head={<span>{t("steps", { count: steps.length })}</span>}>
        {() => (
          <div className="steps-plan">
            <ol>
              {steps.map((step, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the order of the steps is the plan's
                <li key={index}>
                  {say(step.title)}
                  {!!step.refs?.length && <span className="muted"> · {t("objects", { count: step.refs.length })}</span>}
                </li>
              ))}
            </ol>
          </div>
        )}
      </Fold>
    </div>
  );
}
