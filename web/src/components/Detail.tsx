/**
 * One thing beside its list: a drawer with tabs, of which the open one is in the address (`?tab=yaml`). Escape closes.
 *
 *   <Detail title={row.name} state={<StateTag state={row.state} />} close={close} tabs={[
 *     { key: "summary", label: t("detail.summary"), children: <Facts rows={[[t("x"), y]]} /> },
 *     { key: "conditions", label: t("detail.conditions"), children: <Conditions conditions={o.conditions} /> },
 *     { key: "yaml", label: t("detail.yaml"), children: <YamlView value={o} /> },
 *   ]} />
 *
 * Common labels are `common:detail.*`. Only the open tab is drawn, so a tab may ask for what it shows.
 */
import { Drawer, Tabs } from "antd";
import type { ReactNode } from "react";
import { useSearchParams } from "react-router";
import type { ConditionFact } from "~/api/schema";
import { useTranslation } from "~/i18n/react";
import { ToneTag } from "./StateTag";

export interface Tab {
  key: string;
  label: ReactNode;
  children: ReactNode;
}

interface Props {
  title: ReactNode;
  state?: ReactNode;
  actions?: ReactNode;
  tabs: Tab[];
  /** In pixels, where what is beside it should stay in sight. */
  width?: number;
  close: () => void;
}

export function Detail({ title, state, actions, tabs, width = 760, close }: Props) {
  const { t } = useTranslation();
  const [params, setParams] = useSearchParams();
  const asked = params.get("tab");
  const active = tabs.find((tab) => tab.key === asked)?.key ?? tabs[0]?.key ?? "";
  const choose = (key: string | null) =>
    setParams(
      (before) => {
        const made = new URLSearchParams(before);
        if (key && key !== tabs[0]?.key) made.set("tab", key);
        else made.delete("tab");
        return made;
      },
      { replace: true },
    );
  return (
    <Drawer
      open
      size={Math.min(width, window.innerWidth - 40)}
      onClose={close}
      mask={false}
      destroyOnHidden
      title={
        <div className="row">
          {title}
          {state}
        </div>
      }
      extra={actions}
      closable={{ "aria-label": t("action.close") }}
    >
      <Tabs
        activeKey={active}
        onChange={choose}
        destroyOnHidden
        items={tabs.map((tab) => ({ key: tab.key, label: tab.label, children: tab.children }))}
      />
    </Drawer>
  );
}

/** Names and values, one under the other; a row whose value is null is left out. */
export function Facts({ rows }: { rows: [label: string, value: ReactNode][] }) {
  return (
    <dl className="facts">
      {rows.map(([label, value]) =>
        value === null || value === undefined ? null : (
          <div key={label} style={{ display: "contents" }}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** The conditions of an object as its controller wrote them; one that is behind says so. */
export function Conditions({ conditions }: { conditions: readonly ConditionFact[] | undefined }) {
  const { t } = useTranslation();
  if (!conditions?.length) return <p className="muted">{t("conditions.none")}</p>;
  return (
    <ul className="stack">
      {conditions.map((one) => (
        <li key={`${one.where ?? ""}/${one.type}`} className="stack tight">
          <div className="row">
            <ToneTag tone={one.stale ? "unknown" : one.good ? "healthy" : one.good === false ? "unhealthy" : "unknown"}>
              {one.type}: {one.status}
            </ToneTag>
            {one.reason && <code>{one.reason}</code>}
            {one.where && <span className="muted">{one.where}</span>}
            {one.stale && <span className="muted">{t("conditions.stale")}</span>}
          </div>
          {one.message && <span className="muted">{one.message}</span>}
        </li>
      ))}
    </ul>
  );
}
