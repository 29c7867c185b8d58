/** A new token: its name, how long it holds, and what of one's own permissions and teams it has. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Drawer, Form, Input, Radio, Select } from "antd";
import { useState } from "react";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { ApiToken, MadeToken } from "~/api/schema";
import { PermissionPicker } from "~/components/Permissions";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { holding } from "~/lib/apiTokens";
import { LABEL } from "~/lib/names";
import { delegable, type Permission } from "~/lib/permissions";
import { exact } from "~/lib/time";
import { useSubmit } from "~/lib/useSubmit";
import { useSession } from "~/shell/session";
import { people } from "./queries";

const DAYS = [7, 30, 90, 180, 366] as const;

interface Given {
  name: string;
  user: string;
  days: number;
  teams: string[];
}

interface Props {
  tokens: readonly ApiToken[];
  close: () => void;
  done: (made: MadeToken) => void;
}

export function MakeToken({ tokens, close, done }: Props) {
  const { t, i18n } = useTranslation("tokens");
  const { t: common } = useTranslation("common");
  const { session } = useSession();
  const client = useQueryClient();
  const [form] = Form.useForm<Given>();
  const own = session.person?.name ?? "";
  const forOthers = session.permissions.includes("user.write") && session.permissions.includes("user.read");
  const everyTeam = session.permissions.includes("team.read");
  const everybody = useQuery({ ...people(), enabled: forOthers });
  const known = useQuery({ ...queries.teams(), enabled: everyTeam });
  const user = Form.useWatch("user", form) ?? own;
  const days = Form.useWatch("days", form) ?? 90;
  const [narrow, setNarrow] = useState(false);
  const [chosen, setChosen] = useState<string[]>([]);
  const { busy, error, submit } = useSubmit();
  const teams = everyTeam ? known.data?.map((one) => one.team.name) : Object.keys(session.teams);
  const taken = (name: string) =>
    tokens.some((one) => one.user === user && one.name === name && holding(one, Date.now()));
  const make = (given: Given) => {
    if (narrow && !chosen.length) return;
    return submit(async () => {
      const made = await api("POST /tokens", {
        body: {
          name: given.name.trim(),
          days: given.days,
          permissions: narrow ? (chosen as Permission[]) : null,
          teams: given.teams.length ? given.teams : null,
          ...(given.user !== own && { user: given.user }),
        },
      });
      void queries.invalidate(client, "tokens");
      done(made);
    });
  };
  return (
    <Drawer
      open
      size={Math.min(720, window.innerWidth - 40)}
      onClose={close}
      title={t("make.title")}
      closable={{ "aria-label": common("action.close") }}
      footer={
        <div className="row">
          <Button type="primary" loading={busy} disabled={narrow && !chosen.length} onClick={form.submit}>
            {t("make.verb")}
          </Button>
          <Button onClick={close}>{common("action.cancel")}</Button>
          <span className="muted">{narrow && !chosen.length ? t("make.choose") : t("make.once")}</span>
        </div>
      }
    >
      <Form<Given>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ user: own, days: 90, teams: [] }}
        onFinish={make}
      >
        <Form.Item
          name="name"
          label={t("make.name")}
          extra={t("make.name-about")}
          dependencies={["user"]}
          rules={[
            { required: true, message: t("make.missing") },
            { pattern: LABEL, max: 63, message: t("make.pattern") },
            {
              validator: (_, value: string) =>
                taken(value) ? Promise.reject(new Error(t("make.taken"))) : Promise.resolve(),
            },
          ]}
        >
          <Input autoComplete="off" spellCheck={false} maxLength={63} placeholder="ci" />
        </Form.Item>
        <Form.Item name="user" label={t("make.user")} extra={t("make.user-about")} hidden={!forOthers}>
          <Select
            showSearch={{ optionFilterProp: "label" }}
            style={{ maxWidth: 320 }}
            options={[own, ...(everybody.data ?? []).map((one) => one.name).filter((one) => one !== own)].map(
              (one) => ({
                value: one,
                label: one === own ? t("make.self", { name: own }) : one,
              }),
            )}
          />
        </Form.Item>
        <Form.Item
          name="days"
          label={t("make.days")}
          extra={t("make.until", { at: exact(Date.now() + days * 86_400_000, i18n.language) })}
        >
          <Radio.Group
            optionType="button"
            options={DAYS.map((value) => ({ value, label: t("make.for", { count: value }) }))}
          />
        </Form.Item>
        <Form.Item name="teams" label={t("make.teams")} extra={t("make.teams-about")}>
          <Select
            mode="multiple"
            allowClear
            style={{ maxWidth: 480 }}
            placeholder={t("every-team")}
            options={(teams ?? []).map((one) => ({ value: one, label: one }))}
          />
        </Form.Item>
        <Form.Item label={<span id="token-scope">{t("make.scope")}</span>}>
          <Radio.Group
            aria-labelledby="token-scope"
            className="tokens-choices"
            value={narrow}
            onChange={(event) => setNarrow(event.target.value as boolean)}
            options={[false, true].map((value) => ({
              value,
              label: (
                <span className="tokens-choice">
                  <strong>{t(value ? "make.some" : "make.all")}</strong>
                  <span className="muted">
                    {value ? t("make.some-about") : t("everything-about", { user: user || own })}
                  </span>
                </span>
              ),
            }))}
          />
        </Form.Item>
        <button type="submit" hidden />
      </Form>
      {narrow && <PermissionPicker offered={delegable(session)} value={chosen} change={setChosen} />}
      <Problem error={error} />
    </Drawer>
  );
}
