/**
 * Registering a cluster by a command that its administrator runs: the offer, and then, live, what became of it. The
 * command holds a token that is told once, so the offer is kept in memory while the page lives, and nowhere else.
 */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Form, Input } from "antd";
import { useState } from "react";
import { api } from "~/api/client";
import type { RegistrationOffer } from "~/api/schema";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { YamlView } from "~/components/YamlView";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";
import { Offered } from "./Offered";
import { type Account, access } from "./queries";

const KEY = ["registrations", "offer"];
const LEAST: Account = { namespace: "gatewright", removal: false, secrets: false, observe_only: false };
const RIGHTS = ["removal", "secrets", "observe_only"] as const;

export function RegisterScript({ done }: { done: (cluster: string) => void }) {
  const client = useQueryClient();
  const [offer, setOffer] = useState(() => client.getQueryData<RegistrationOffer>(KEY));
  const keep = (made: RegistrationOffer | undefined) => {
    if (made) client.setQueryData(KEY, made);
    else client.removeQueries({ queryKey: KEY });
    setOffer(made);
  };
  const finish = (cluster: string) => {
    keep(undefined);
    done(cluster);
  };
  if (offer) return <Offered offer={offer} again={() => keep(undefined)} done={finish} />;
  return <Offering made={keep} />;
}

function Offering({ made }: { made: (offer: RegistrationOffer) => void }) {
  const { t } = useTranslation("clusters");
  const [name, setName] = useState("");
  const [account, setAccount] = useState(LEAST);
  const { busy, error, submit } = useSubmit();
  const offer = () => {
    if (!name) return;
    return submit(async () => {
      made(await api("POST /registrations", { body: { name, ...account } }));
    });
  };
  return (
    <Form layout="vertical" requiredMark={false} onFinish={offer} className="stack">
      <p className="muted">{t("script.about")}</p>
      <Form.Item label={t("name.label")} extra={t("name.about")} htmlFor="script-name">
        <Input
          id="script-name"
          autoComplete="off"
          spellCheck={false}
          className="mono"
          value={name}
          onChange={(event) => setName(event.target.value.trim())}
        />
      </Form.Item>
      <Form.Item label={t("script.namespace")} extra={t("script.namespace-about")} htmlFor="script-namespace">
        <Input
          id="script-namespace"
          autoComplete="off"
          spellCheck={false}
          className="mono"
          value={account.namespace}
          onChange={(event) => setAccount({ ...account, namespace: event.target.value.trim() })}
        />
      </Form.Item>
      {RIGHTS.map((right) => (
        <Checkbox
          key={right}
          checked={account[right]}
          disabled={right === "removal" && account.observe_only}
          onChange={(event) => setAccount({ ...account, [right]: event.target.checked })}
        >
          <span className="choice">
            <strong>{t(`script.${right}.label`)}</strong>
            <span className="muted">{t(`script.${right}.about`)}</span>
          </span>
        </Checkbox>
      ))}
      <Rights account={account} />
      <Problem error={error} />
      <div>
        <Button type="primary" htmlType="submit" loading={busy} disabled={!name}>
          {t("script.submit")}
        </Button>
      </div>
    </Form>
  );
}

/** What the account may do, exactly, for whoever wants to read it first. */
function Rights({ account }: { account: Account }) {
  const { t } = useTranslation("clusters");
  const [open, setOpen] = useState(false);
  const query = useQuery({ ...access(account), enabled: open && account.namespace !== "" });
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="linklike">{t("script.rights")}</summary>
      {open && (query.data ? <YamlView text={query.data} /> : query.error ? null : <Loading lines={6} />)}
      <Problem error={open ? query.error : null} retry={query.refetch} />
    </details>
  );
}
