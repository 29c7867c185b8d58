/** One drift: what is and what to do, who changed it, what differs; resume after a fight, or a plan that puts it back. */
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useNavigate } from "react-router";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { Drift } from "~/api/schema";
import { CopyName } from "~/components/CopyName";
import { Detail, Facts } from "~/components/Detail";
import { FieldDiff } from "~/components/DiffView";
import { Problem } from "~/components/Problem";
import { Shape } from "~/components/Shape";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { nameOfRef, useSay } from "~/i18n/server";
import { useSubmit } from "~/lib/useSubmit";
import { useSession } from "~/shell/session";
import { driftTone } from "./Drifts";

interface Props {
  drift: Drift;
  team: string;
  close: () => void;
}

export function DriftDetail({ drift, team, close }: Props) {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  return (
    <Detail
      title={nameOfRef(drift.ref)}
      state={<ToneTag tone={driftTone[drift.state]}>{t(`drift.states.${drift.state}`)}</ToneTag>}
      actions={<Acts drift={drift} team={team} />}
      close={close}
      tabs={[
        { key: "summary", label: common("detail.summary"), children: <Summary drift={drift} /> },
        {
          key: "difference",
          label: common("detail.difference"),
          children: <FieldDiff differences={drift.differences} />,
        },
      ]}
    />
  );
}

function Summary({ drift }: { drift: Drift }) {
  const { t } = useTranslation("team");
  const say = useSay();
  const tone = driftTone[drift.state];
  return (
    <div className="stack">
      {drift.message && (
        <div className={`note tone-${tone}`}>
          <Shape tone={tone} />
          <div className="words">
            <strong>{say(drift.message)}</strong>
            <span>{say(drift.remedy)}</span>
            {drift.why && <span className="muted">{say(drift.why)}</span>}
          </div>
        </div>
      )}
      <Facts
        rows={[
          [t("column.cluster"), drift.cluster],
          [t("drift.kind"), t(`drift.kinds.${drift.kind}`)],
          [t("stacks.drift"), t(`stacks.${drift.mode ?? "report"}`)],
          [t("drift.found"), <Since key="f" at={drift.found_at} />],
          [t("drift.changed"), <Since key="c" at={drift.changed_at} />],
          [t("drift.attempts"), drift.attempts?.length ? String(drift.attempts.length) : null],
          [
            t("drift.who"),
            drift.changers?.length ? (
              <ul key="who" className="stack tight">
                {drift.changers.map((one) => (
                  <li key={`${one.manager}/${one.at ?? ""}`} className="row">
                    <CopyName name={one.manager} />
                    <span className="muted">{one.operation}</span>
                    {one.at && <Since at={one.at} />}
                  </li>
                ))}
              </ul>
            ) : (
              t("drift.nobody")
            ),
          ],
        ]}
      />
    </div>
  );
}

function Acts({ drift, team }: { drift: Drift; team: string }) {
  const { t } = useTranslation("team");
  const { may } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { busy, error, submit } = useSubmit();
  const resume = () =>
    submit(async () => {
      await api("POST /drifts/resume", { body: { cluster: drift.cluster } });
      await queries.invalidate(client, "drifts");
    });
  const plan = () =>
    submit(async () => {
      const made = await api("POST /plans", { body: { team, clusters: [drift.cluster] } });
      void navigate(`/plans/${made.hash}`);
    });
  const closed = drift.state === "healed" || drift.state === "gone";
  return (
    <div className="stack tight">
      <span className="row">
        {drift.state === "fought" && may("rollout.command", team) && (
          <Button type="primary" loading={busy} onClick={resume}>
            {t("drift.resume")}
          </Button>
        )}
        {!closed && may("plan.create", team) && (
          <Button loading={busy} onClick={plan}>
            {t("drift.plan")}
          </Button>
        )}
      </span>
      <Problem error={error} />
    </div>
  );
}
