/** A cluster on the board: its state, the step at work and its time; opened, every step with its duration. */
import { DownOutlined } from "@ant-design/icons";
import { memo, useId, useState } from "react";
import { Link } from "react-router";
import type { StepStatus, TargetStatus } from "~/api/schema";
import { Shape } from "~/components/Shape";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { RolloutTag, stateTone } from "../rollouts/states";
import { Ticking } from "./Ticking";

/** States whose words add nothing where there is little room. */
const QUIET: ReadonlySet<string> = new Set(["pending", "succeeded", "skipped"]);

interface Props {
  target: TargetStatus;
  /** From 1: when its turn is. */
  place: number;
  /** Its lines are shown in the log. */
  chosen: boolean;
  choose: (cluster: string) => void;
}

export const Card = memo(function Card({ target, place, chosen, choose }: Props) {
  const { t } = useTranslation("rollout");
  const steps = target.steps ?? [];
  const [open, setOpen] = useState<boolean | null>(null);
  const id = useId();
  const done = steps.filter((step) => step.state === "done").length;
  const shown = open ?? (target.state === "running" || target.state === "failed");
  const began = steps.find((step) => step.started_at)?.started_at;
  const finished = target.state === "running" ? null : lastEnd(steps);
  return (
    <li className={`board-card tone-${stateTone[target.state]}${chosen ? " chosen" : ""}`}>
      <div className="board-row">
        <span className="board-name">
          <span className="board-place numbers" aria-hidden="true">
            {place}
          </span>
          <Link className="clip" to={`/clusters/${encodeURIComponent(target.cluster)}`}>
            <strong>{target.cluster}</strong>
          </Link>
        </span>
        <span className="board-state">
          <RolloutTag state={target.state} />
        </span>
        <Current target={target} />
        {steps.length > 0 && <Bar steps={steps} label={t("card.done", { done, count: steps.length })} />}
        <span className="board-time">
          {began && (finished || target.state === "running") && <Ticking from={began} to={finished} />}
        </span>
        <span className="board-foot">
          <button
            type="button"
            className="plain linklike nowrap"
            aria-expanded={shown}
            aria-controls={shown ? id : undefined}
            onClick={() => setOpen(!shown)}
          >
            <span className="numbers">
              {done}/{steps.length}
            </span>{" "}
            <DownOutlined rotate={shown ? 180 : 0} className="fold-arrow" />
            <span className="visually-hidden">
              {" "}
              {target.cluster}: {t("card.done", { done, count: steps.length })}
            </span>
          </button>
          <button
            type="button"
            className="plain linklike nowrap"
            aria-pressed={chosen}
            onClick={() => choose(target.cluster)}
          >
            {t("card.log")}
            <span className="visually-hidden"> {target.cluster}</span>
          </button>
        </span>
      </div>
      {shown && (
        <ol className="board-steps" id={id}>
          {steps.map((step) => (
            <Step key={step.index} step={step} />
          ))}
        </ol>
      )}
    </li>
  );
});

function Current({ target }: { target: TargetStatus }) {
  const { t } = useTranslation("rollout");
  const say = useSay();
  const step = target.steps?.find((one) => one.state === "running" || one.state === "failed");
  const next = target.steps?.find((one) => one.state === "pending");
  if (target.state === "running" && step) {
    return (
      <span className="board-current">
        <span className="clip" title={say(step.title)}>
          {say(step.title)}
        </span>
        <Ticking from={step.started_at} />
      </span>
    );
  }
  const words =
    target.state === "failed" && step
      ? t("card.failed", { step: say(step.title) })
      : target.state === "paused" && next
        ? t("card.paused", { step: say(next.title) })
        : target.state === "aborted" && next
          ? t("card.aborted", { step: say(next.title) })
          : t(`card.state.${target.state}`);
  return (
    <span className={`board-current muted${QUIET.has(target.state) ? " quiet" : ""}`}>
      <span className="clip" title={words}>
        {words}
      </span>
    </span>
  );
}

function Bar({ steps, label }: { steps: readonly StepStatus[]; label: string }) {
  return (
    <span className="board-bar" role="img" aria-label={label}>
      {steps.map((step) => (
        <span key={step.index} className={`tone-${stateTone[step.state ?? "pending"]} is-${step.state ?? "pending"}`} />
      ))}
    </span>
  );
}

function Step({ step }: { step: StepStatus }) {
  const { t } = useTranslation("rollout");
  const say = useSay();
  const state = step.state ?? "pending";
  const over = state === "done" || state === "failed" ? (step.ended_at ?? null) : null;
  return (
    <li className={`state tone-${stateTone[state]}`} aria-current={state === "running" ? "step" : undefined}>
      <Shape tone={stateTone[state]} />
      <span className="board-step">
        {say(step.title)}
        <span className="visually-hidden"> {t(`step.${state}`)}</span>
        {(step.runs ?? 0) > 1 && <span className="muted"> {t("step.runs", { count: step.runs ?? 0 })}</span>}
      </span>
      {(state === "running" || over) && <Ticking from={step.started_at} to={over} />}
    </li>
  );
}

function lastEnd(steps: readonly StepStatus[]): string | null {
  return (
    steps
      .flatMap((step) => step.ended_at ?? [])
      .sort()
      .at(-1) ?? null
  );
}
