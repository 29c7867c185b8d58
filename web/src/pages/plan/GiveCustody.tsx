/** The person's word that Gatewright shall own the Gateway API of a cluster, also where others wrote it. */

import { ask } from "~/api/client";
import type { ObjectVerdict } from "~/api/schema";
import { ConfirmDanger } from "~/components/ConfirmDanger";
import { useTranslation } from "~/i18n/react";
import { ownerOf } from "./ObjectPlan";

interface Props {
  cluster: string;
  verdicts: readonly ObjectVerdict[];
  /** The sentences that the person was shown; kept with their word. */
  evidence: string[];
  open: boolean;
  close: () => void;
  done: () => void;
}

export function GiveCustody({ cluster, verdicts, evidence, open, close, done }: Props) {
  const { t } = useTranslation("plan");
  const owners = [...new Set(verdicts.flatMap((one) => (one.owner ? [ownerOf(one.owner)] : [])))];
  return (
    <ConfirmDanger
      open={open}
      name={cluster}
      title={t("custody.title", { cluster })}
      verb={t("custody.verb")}
      consequences={[
        t("custody.adopts", { count: verdicts.length, owners: owners.join(", ") || "–" }),
        t("custody.others"),
        t("custody.nothing-yet"),
      ]}
      run={async () => {
        const { etag } = await ask("GET /clusters/{name}", { path: { name: cluster } });
        await ask("PUT /clusters/{name}/custody", {
          path: { name: cluster },
          body: { custody: "own", evidence },
          ifMatch: etag || "*",
        });
      }}
      done={done}
      close={close}
    />
  );
}
