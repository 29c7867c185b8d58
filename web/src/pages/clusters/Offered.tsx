/** A command to run, and how far it has come: waiting, fetched, registered; or failed and why, or too late. */

import { CopyOutlined } from "@ant-design/icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useEffect } from "react";
import * as queries from "~/api/queries";
import type { RegistrationOffer, RegistrationStatus } from "~/api/schema";
import { copy } from "~/components/CopyName";
import { Problem } from "~/components/Problem";
import { Kept } from "~/components/Said";
import { Shape } from "~/components/Shape";
import { Since } from "~/components/Since";
import { useTranslation } from "~/i18n/react";
import type { Tone } from "~/theme/palette";
import { registration } from "./queries";

interface Props {
  offer: RegistrationOffer;
  /** Makes another one. */
  again: () => void;
  done: (cluster: string) => void;
}

export function Offered({ offer, again, done }: Props) {
  const { t } = useTranslation("clusters");
  const { message } = App.useApp();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(registration(offer.registration.id));
  const status = data ?? offer.registration;
  const registered = status.state === "registered" ? (status.cluster ?? status.name) : "";
  useEffect(() => {
    if (registered) void queries.invalidate(client, "clusters", "status", "matrix", "health");
  }, [registered, client]);
  return (
    <div className="stack">
      {status.state !== "registered" && status.state !== "expired" && (
        <>
          <p>{t("script.run", { name: status.name })}</p>
          <pre className="command">
            <code>{offer.command}</code>
          </pre>
          <div className="row">
            <Button
              type="primary"
              icon={<CopyOutlined aria-hidden />}
              onClick={async () =>
                void message.success((await copy(offer.command)) ? t("script.copied") : t("script.select"))
              }
            >
              {t("script.copy")}
            </Button>
            <span className="muted">{t("script.once")}</span>
            <Since at={status.expires_at} />
          </div>
        </>
      )}
      <Steps status={status} />
      {status.error && status.state === "failed" && <Kept report={status.error} />}
      <Problem error={error} retry={refetch} />
      <div className="row">
        {registered && (
          <Button type="primary" onClick={() => done(registered)}>
            {t("register.to", { name: registered })}
          </Button>
        )}
        <Button onClick={again}>{t("script.again")}</Button>
      </div>
    </div>
  );
}

const STEPS = ["waiting", "started", "registered"] as const;

function Steps({ status }: { status: RegistrationStatus }) {
  const { t } = useTranslation("clusters");
  const { state } = status;
  const reached =
    state === "registered" ? 3 : state === "waiting" || (state === "expired" && !status.started_at) ? 1 : 2;
  const ended = state === "failed" || state === "expired";
  return (
    <ol className="stack progress-steps" aria-label={t("script.progress")} aria-live="polite">
      {STEPS.map((step, index) => {
        const passed = index < reached - 1 || state === "registered";
        const here = index === reached - 1 && !passed;
        const tone: Tone = passed ? "healthy" : here ? (ended ? "unhealthy" : "progressing") : "unknown";
        const word =
          here && ended ? t(`script.state.${state}`) : t(passed ? `script.passed.${step}` : `script.step.${step}`);
        return (
          <li key={step} className={`state tone-${tone}`} aria-current={here ? "step" : undefined}>
            <Shape tone={tone} />
            <span>{word}</span>
            {step === "started" && status.started_at && <Since at={status.started_at} />}
            {step === "registered" && status.ended_at && <Since at={status.ended_at} />}
          </li>
        );
      })}
    </ol>
  );
}
