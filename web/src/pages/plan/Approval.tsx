/** The one approval, after everything was read: it repeats what will happen, to how many, and starts exactly this. */
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api } from "~/api/client";
import { invalidate } from "~/api/queries";
import type { PlanAnswer } from "~/api/schema";
import { ConfirmDanger } from "~/components/ConfirmDanger";
import { CopyName } from "~/components/CopyName";
import { LinkButton } from "~/components/LinkButton";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import { again } from "./queries";
import { outcomeOf, written } from "./read";

const NAMED = 30;

interface Props {
  made: PlanAnswer;
  /** Why it may not be started although nothing blocks: it was carried out. */
  refused: string | null;
  /** What a plan would be now, where this one is behind. */
  now: PlanAnswer | null;
  /** The clusters have changed: this is what a plan would be now. */
  moved: (now: PlanAnswer) => void;
}

export function Approval({ made, refused, now, moved }: Props) {
  const { t } = useTranslation("plan");
  const client = useQueryClient();
  const navigate = useNavigate();
  const { may } = useSession();
  const [doing, setDoing] = useState<"check" | "start" | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [asking, setAsking] = useState(false);
  const { plan, hash, outcome } = made;
  const changed = plan.clusters.filter((one) => outcomeOf(one) === "change");
  const leaving = plan.action === "leave";
  const why =
    (now ? t("approve.stale") : refused) ??
    (outcome === "stopped"
      ? t("approve.stopped")
      : outcome === "nothing"
        ? t("approve.nothing")
        : may("rollout.start", plan.team)
          ? null
          : t("approve.forbidden"));

  /** Looks once more, so that nobody approves what is not true any more; then starts this very plan. */
  const start = async () => {
    if (may("plan.create", plan.team)) {
      setDoing("check");
      const found = await again(plan);
      if (found.hash !== hash) return moved(found);
    }
    setDoing("start");
    const rollout = await api("POST /rollouts", { body: { plan: hash } });
    await invalidate(client, "rollouts");
    await navigate(`/rollouts/${encodeURIComponent(rollout.id)}`);
  };
  const approve = async () => {
    setError(null);
    try {
      await start();
    } catch (caught) {
      setError(caught);
    } finally {
      setDoing(null);
    }
  };
  const consequences = [
    t(leaving ? "approve.leaves" : "approve.changes", { count: changed.length, team: plan.team }),
    ...written(plan).map(([verdict, count]) => t(`approve.${verdict as "create"}`, { count })),
    ...(leaving ? [t(plan.keep_crds ? "approve.keeps-crds" : "approve.removes-crds")] : []),
    t("approve.stops-at-failure"),
  ];
  return (
    <section className="card approval" aria-label={t("approve.title")}>
      <div className="row spread">
        <h2>{t("approve.title")}</h2>
        <span className="muted">
          <CopyName name={hash} shown={hash.slice(0, 12)} />
        </span>
      </div>
      {outcome === "change" && (
        <>
          <ul className="dots">
            {consequences.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
          <Order clusters={changed.map((one) => one.cluster)} />
        </>
      )}
      {now && <Moved now={now} />}
      <Problem error={error} />
      <div className="row">
        <Button
          type="primary"
          danger={leaving}
          disabled={why !== null}
          loading={doing !== null}
          onClick={() => (leaving ? setAsking(true) : void approve())}
        >
          {t(leaving ? "approve.leave" : "approve.start", { count: changed.length })}
        </Button>
        {why && <span className="muted">{why}</span>}
        {doing && <span className="muted">{t(`approve.doing-${doing}`, { count: plan.clusters.length })}</span>}
      </div>
      <ConfirmDanger
        open={asking}
        name={plan.team}
        title={t("approve.leave-title", { team: plan.team })}
        verb={t("approve.leave", { count: changed.length })}
        consequences={consequences}
        run={start}
        close={() => setAsking(false)}
      />
    </section>
  );
}

function Order({ clusters }: { clusters: readonly string[] }) {
  const { t } = useTranslation("plan");
  const [all, setAll] = useState(false);
  const shown = all ? clusters : clusters.slice(0, NAMED);
  return (
    <div className="row">
      <span className="muted">{t("approve.order")}</span>
      <ol className="order">
        {shown.map((cluster) => (
          <li key={cluster}>
            <code>{cluster}</code>
          </li>
        ))}
      </ol>
      {shown.length < clusters.length && (
        <Button type="link" size="small" onClick={() => setAll(true)}>
          {t("approve.more", { count: clusters.length - shown.length })}
        </Button>
      )}
    </div>
  );
}

/** The plan is behind what the clusters are now. */
export function Moved({ now }: { now: PlanAnswer }) {
  const { t } = useTranslation("plan");
  return (
    <div className="note tone-degraded" role="alert">
      <div className="words">
        <strong>{t("stale.message")}</strong>
        <span>{t("stale.remedy")}</span>
        <span>
          <LinkButton to={`/plans/${now.hash}`} type="primary" size="small">
            {t("stale.read", { hash: now.hash.slice(0, 12) })}
          </LinkButton>
        </span>
      </div>
    </div>
  );
}
