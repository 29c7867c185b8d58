/** What one may ask of a rollout now; what one may not stays in its place and says why. */
import { useQueryClient } from "@tanstack/react-query";
import { Button, Tooltip } from "antd";
import { useState } from "react";
import { api } from "~/api/client";
import { invalidate } from "~/api/queries";
import type { RolloutStatus } from "~/api/schema";
import { ConfirmDanger } from "~/components/ConfirmDanger";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { useSession } from "~/shell/session";
import { rollout as query } from "../rollouts/queries";
import { COMMANDS, type Command, choice, driven, finished } from "../rollouts/states";

export function useCommands(rollout: RolloutStatus) {
  const client = useQueryClient();
  const [busy, setBusy] = useState<Command | null>(null);
  const [error, setError] = useState<unknown>(null);
  const send = async (command: Command) => {
    const answer = await api("POST /rollouts/{id}/{command}", { path: { id: rollout.id, command } });
    client.setQueryData(query(rollout.id).queryKey, answer);
    await invalidate(client, "rollouts");
  };
  const run = async (command: Command) => {
    setBusy(command);
    setError(null);
    try {
      await send(command);
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(null);
    }
  };
  return { busy, error, run, send };
}

export function Commands({ rollout }: { rollout: RolloutStatus }) {
  const { t } = useTranslation("rollout");
  const say = useSay();
  const { may } = useSession();
  const { busy, error, run, send } = useCommands(rollout);
  const [aborting, setAborting] = useState(false);
  const permitted = may("rollout.command", rollout.team);
  const why = (command: Command): string | null => {
    if (!permitted) return t("forbidden");
    const { allowed, reason } = choice(command, rollout);
    return allowed ? null : say(reason);
  };
  const unfinished = (rollout.targets?.length ?? 0) - finished(rollout);
  return (
    <>
      {COMMANDS.map((command) => (
        <OneCommand
          key={command}
          command={command}
          why={why(command)}
          primary={(command === "resume" || command === "retry") && choice(command, rollout).allowed}
          busy={busy === command}
          run={() => (command === "abort" ? setAborting(true) : void run(command))}
        />
      ))}
      {error ? <Problem error={error} /> : null}
      <ConfirmDanger
        open={aborting}
        name={rollout.id}
        title={t("abort.title", { id: rollout.id })}
        verb={t("command.abort")}
        consequences={[
          ...(finished(rollout) ? [t("abort.finished", { count: finished(rollout) })] : []),
          t("abort.unfinished", { count: unfinished }),
          ...(driven(rollout.state) ? [t("abort.step")] : []),
          t("abort.final"),
        ]}
        run={() => send("abort")}
        close={() => setAborting(false)}
      />
    </>
  );
}

interface OneProps {
  command: Command;
  why: string | null;
  primary: boolean;
  busy: boolean;
  run: () => void;
}

/** Not `disabled`: one reaches it with the keyboard and is told why it does nothing now. */
function OneCommand({ command, why, primary, busy, run }: OneProps) {
  const { t } = useTranslation("rollout");
  return (
    <Tooltip title={why}>
      <Button
        type={primary ? "primary" : "default"}
        danger={command === "abort" && !why}
        className={why ? "refused" : ""}
        aria-disabled={why !== null}
        loading={busy}
        onClick={() => !why && run()}
      >
        {t(`command.${command}`)}
        {why && <span className="visually-hidden"> ({why})</span>}
      </Button>
    </Tooltip>
  );
}
