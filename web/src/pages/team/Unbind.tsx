/**
 * Taking the team off a cluster. What that does is planned first: where objects would go, the plan is what one
 * approves; where there is nothing of ours, the binding is forgotten at once.
 */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Modal } from "antd";
import { useNavigate } from "react-router";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { Binding, PlanAnswer } from "~/api/schema";
import { ConfirmDanger } from "~/components/ConfirmDanger";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { Verdict } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import type { VerdictName } from "~/lib/states";
import { useSession } from "~/shell/session";
import type { Part } from "./part";

interface Props {
  team: Part["team"];
  binding: Binding | null;
  close: () => void;
}

export function Unbind({ binding, ...rest }: Props) {
  const { may } = useSession();
  if (!binding) return null;
  const Asking = may("plan.create", rest.team.team.name) ? Planned : Forgetting;
  return <Asking {...rest} binding={binding} />;
}

type Given = Props & { binding: Binding };

function Planned({ team, binding, close }: Given) {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  const navigate = useNavigate();
  const name = team.team.name;
  const cluster = binding.cluster;
  const plan = useQuery({
    queryKey: ["leaving", name, cluster],
    queryFn: ({ signal }) => api("POST /plans", { body: { team: name, clusters: [cluster], action: "leave" }, signal }),
    staleTime: 0,
    gcTime: 0,
  });
  if (plan.data && touchesNothing(plan.data)) return <Forgetting team={team} binding={binding} close={close} />;
  return (
    <Modal
      open
      title={t("unbind.title", { team: name, cluster })}
      onCancel={close}
      footer={[
        <Button key="close" onClick={close}>
          {common("action.cancel")}
        </Button>,
        <Button
          key="plan"
          type="primary"
          disabled={!plan.data}
          onClick={() => void navigate(`/plans/${plan.data?.hash ?? ""}`)}
        >
          {t("unbind.review")}
        </Button>,
      ]}
    >
      {plan.error ? (
        <Problem error={plan.error} retry={plan.refetch} />
      ) : plan.data ? (
        <Coming plan={plan.data} />
      ) : (
        <Loading lines={4} doing={t("unbind.doing")} />
      )}
    </Modal>
  );
}

/** Whether leaving would only forget the binding: there is nothing in the cluster that we wrote for the team. */
function touchesNothing({ outcome, plan }: PlanAnswer): boolean {
  if (outcome !== "change") return outcome === "nothing";
  return plan.clusters.every(
    ({ verdicts, steps }) =>
      verdicts.every((one) => !one.origin && one.verdict !== "delete") &&
      (steps ?? []).every(({ kind }) => kind === "forget" || kind === "check"),
  );
}

function Coming({ plan }: { plan: PlanAnswer }) {
  const { t } = useTranslation("team");
  const counts = new Map<VerdictName, number>();
  for (const one of plan.plan.clusters.flatMap((part) => part.verdicts)) {
    counts.set(one.verdict, (counts.get(one.verdict) ?? 0) + 1);
  }
  return (
    <div className="stack">
      <p>{plan.outcome === "stopped" ? t("unbind.stopped") : t("unbind.change")}</p>
      <ul className="stack tight">
        {[...counts].map(([verdict, count]) => (
          <li key={verdict} className="row">
            <Verdict verdict={verdict} />
            {t("unbind.objects", { count })}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Forgetting({ team, binding, close }: Given) {
  const { t } = useTranslation("team");
  const client = useQueryClient();
  const name = team.team.name;
  const { cluster } = binding;
  const namespace = binding.namespace || team.team.defaultNamespace || name;
  return (
    <ConfirmDanger
      open
      name={cluster}
      title={t("unbind.title", { team: name, cluster })}
      verb={t("unbind.verb")}
      consequences={[t("unbind.nothing"), t("unbind.namespace", { namespace }), t("unbind.unseen", { cluster })]}
      run={() => api("DELETE /teams/{team}/bindings/{cluster}", { path: { team: name, cluster } })}
      done={() => void queries.invalidate(client, "teams", "bindings", "matrix", "status", "health", "mappings")}
      close={close}
    />
  );
}
