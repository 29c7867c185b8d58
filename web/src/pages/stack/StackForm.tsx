/** A stack by form. Each field is a place in the manifest: what one types is written there, and the rest stays. */
import { useQuery } from "@tanstack/react-query";
import { AutoComplete, Form, Input, Radio, Select, Switch } from "antd";
import type { ReactNode } from "react";
import { withField } from "~/editor/documents";
import { at, choices, isMapping, type Mapping, type Path, type Schema } from "~/editor/schema";
import { fits, type Issue } from "~/editor/validate";
import { useTranslation } from "~/i18n/react";
import { bundles } from "./queries";

interface Props {
  text: string;
  manifest: Mapping;
  schema: Schema | undefined;
  issues: readonly Issue[];
  /** The teams that one may choose; absent: the stack exists, and its team and name stay. */
  teams: readonly string[] | undefined;
  disabled: boolean;
  onChange: (text: string) => void;
}

const BUNDLE: Path = ["spec", "bundle"];
const CONTROLLER: Path = ["spec", "controller"];

export function StackForm(props: Props) {
  const { t } = useTranslation("stack");
  const { text, manifest, schema, teams, disabled, onChange } = props;
  const value = (path: Path) => valueAt(manifest, path);
  const set = (path: Path, given: unknown) => onChange(withField(text, path, given));
  const controller = value(CONTROLLER);
  const field = (path: Path, label: string, input: ReactNode, about: ReactNode = described(schema, manifest, path)) => (
    <Field key={path.join(".")} path={path} label={label} about={about} issues={props.issues}>
      {input}
    </Field>
  );
  return (
    <Form layout="vertical" component="div" disabled={disabled} className="stack-form">
      {teams && (
        <Part title={t("form.stack")}>
          {field(
            ["spec", "team"],
            t("form.team"),
            <Select
              id="spec.team"
              showSearch
              value={textAt(value(["spec", "team"])) || null}
              options={teams.map((team) => ({ value: team, label: team }))}
              onChange={(team: string) => set(["spec", "team"], team)}
            />,
          )}
          {field(["metadata", "name"], t("form.name"), <Text path={["metadata", "name"]} {...{ value, set }} />)}
        </Part>
      )}
      <Part title={t("form.bundle")}>
        <Bundle {...props} value={value} set={set} field={field} />
      </Part>
      <Part title={t("form.controller")}>
        <Form.Item>
          <label className="row" htmlFor="spec.controller">
            <Switch
              id="spec.controller"
              checked={isMapping(controller)}
              // Which controllers there are is in the schema: without it one would begin with none.
              disabled={disabled || !schema}
              onChange={(on) => set(CONTROLLER, on && schema ? firstController(schema, manifest) : undefined)}
            />
            {t("form.install")}
          </label>
        </Form.Item>
        {isMapping(controller) && <Controller {...props} value={value} set={set} field={field} />}
      </Part>
      <Part title={t("form.drift")}>
        {field(
          ["spec", "drift"],
          t("form.drift-mode"),
          <Radio.Group
            id="spec.drift"
            value={value(["spec", "drift"]) ?? "report"}
            onChange={(event) => set(["spec", "drift"], event.target.value)}
            options={(["report", "heal"] as const).map((mode) => ({ value: mode, label: t(`drift.${mode}`) }))}
          />,
        )}
      </Part>
    </Form>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card stack-part" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

interface Parts extends Props {
  value: (path: Path) => unknown;
  set: (path: Path, given: unknown) => void;
  field: (path: Path, label: string, input: ReactNode, about?: ReactNode) => ReactNode;
}

function Bundle({ value, set, field }: Parts) {
  const { t } = useTranslation("stack");
  const found = useQuery(bundles());
  const version = textAt(value([...BUNDLE, "version"]));
  const rows = found.data ?? [];
  const known = [...new Set(rows.map((row) => row.version))].reverse();
  const channels = rows.filter((row) => row.version === version).map((row) => row.channel);
  const chosen = rows.find((row) => row.version === version);
  const about = chosen && t("form.release", { released: chosen.released, kubernetes: chosen.kubernetes });
  return (
    <div className="stack-row">
      {field(
        [...BUNDLE, "version"],
        t("form.version"),
        <Select
          id="spec.bundle.version"
          showSearch
          loading={found.isPending}
          value={version || null}
          options={known.map((one) => ({ value: one, label: one }))}
          onChange={(one: string) => set([...BUNDLE, "version"], one)}
        />,
        about,
      )}
      {field(
        [...BUNDLE, "channel"],
        t("form.channel"),
        <Radio.Group
          id="spec.bundle.channel"
          value={value([...BUNDLE, "channel"]) ?? "standard"}
          onChange={(event) => set([...BUNDLE, "channel"], event.target.value)}
          options={(["standard", "experimental"] as const).map((channel) => ({
            value: channel,
            label: t(`channel.${channel}`),
            disabled: channels.length > 0 && !channels.includes(channel),
          }))}
        />,
        t("form.channel-about"),
      )}
    </div>
  );
}

function Controller({ schema, manifest, value, set, field }: Parts) {
  const { t } = useTranslation("stack");
  const path = (name: string): Path => [...CONTROLLER, name];
  const offered = (name: string) => choices(schema ? at(schema, manifest, path(name), fits) : []).map(String);
  const ports = value(path("ports"));
  return (
    <>
      <div className="stack-row">
        {field(
          path("name"),
          t("form.controller-name"),
          <Select
            id="spec.controller.name"
            value={textAt(value(path("name"))) || null}
            options={offered("name").map((one) => ({ value: one, label: one }))}
            onChange={(one: string) => set(path("name"), one)}
          />,
        )}
        {field(
          path("version"),
          t("form.version"),
          <AutoComplete
            id="spec.controller.version"
            value={textAt(value(path("version")))}
            options={offered("version").map((one) => ({ value: one }))}
            onChange={(one: string) => set(path("version"), one)}
          />,
        )}
      </div>
      {field(
        path("ports"),
        t("form.ports"),
        <Select
          id="spec.controller.ports"
          mode="tags"
          open={false}
          suffixIcon={null}
          tokenSeparators={[",", " ", "，"]}
          placeholder="8000"
          value={(Array.isArray(ports) ? ports : []).map(String)}
          onChange={(given: string[]) => set(path("ports"), given.length ? given.map(asPort) : undefined)}
        />,
      )}
      <div className="stack-row">
        {field(
          path("namespace"),
          t("form.namespace"),
          <Text path={path("namespace")} placeholder={textAt(value(path("name")))} {...{ value, set }} />,
        )}
        {field(
          path("gatewayClass"),
          t("form.gateway-class"),
          <Text path={path("gatewayClass")} placeholder={textAt(value(path("name")))} {...{ value, set }} />,
        )}
      </div>
    </>
  );
}

interface FieldProps {
  path: Path;
  label: string;
  about: ReactNode;
  issues: readonly Issue[];
  children: ReactNode;
}

function Field({ path, label, about, issues, children }: FieldProps) {
  const { t } = useTranslation("editor");
  const wrong = issues.filter((issue) => starts(issue.path, path) || names(issue, path));
  return (
    <Form.Item
      label={label}
      htmlFor={path.join(".")}
      extra={about}
      {...(wrong.length > 0 && { validateStatus: "error" as const })}
      help={wrong.length ? wrong.map((issue) => t(`rule.${issue.rule}`, issue.params)).join(" ") : undefined}
    >
      {children}
    </Form.Item>
  );
}

interface TextProps {
  path: Path;
  value: (path: Path) => unknown;
  set: (path: Path, given: unknown) => void;
  placeholder?: string;
}

function Text({ path, value, set, placeholder }: TextProps) {
  return (
    <Input
      id={path.join(".")}
      autoComplete="off"
      spellCheck={false}
      placeholder={placeholder ?? ""}
      value={textAt(value(path))}
      onChange={(event) => set(path, event.target.value || (path[0] === "metadata" ? "" : undefined))}
    />
  );
}

function described(schema: Schema | undefined, manifest: Mapping, path: Path): string | undefined {
  if (!schema) return undefined;
  const parent = at(schema, manifest, path.slice(0, -1), fits);
  const own = parent.map((one) => one.properties?.[String(path.at(-1))]).find((one) => one?.description);
  return own?.description?.replaceAll("`", "");
}

function firstController(schema: Schema, manifest: Mapping): Mapping {
  const [name = ""] = choices(at(schema, manifest, [...CONTROLLER, "name"], fits)).map(String);
  const wanted = withController(manifest, name);
  const [version = ""] = choices(at(schema, wanted, [...CONTROLLER, "version"], fits)).map(String);
  return { name, version };
}

function withController(manifest: Mapping, name: string): Mapping {
  const spec = isMapping(manifest["spec"]) ? manifest["spec"] : {};
  return { ...manifest, spec: { ...spec, controller: { name } } };
}

function valueAt(manifest: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => (isMapping(value) ? value[part] : undefined), manifest);
}

const textAt = (value: unknown): string => (value === null || value === undefined ? "" : String(value));
const asPort = (given: string): unknown => (/^\d+$/.test(given.trim()) ? Number(given) : given.trim());

function starts(path: Path, by: Path): boolean {
  return by.every((part, index) => path[index] === part);
}

/** An issue of what should hold the field: that the field is missing there. */
function names(issue: Issue, path: Path): boolean {
  return issue.rule === "missing" && issue.params["name"] === path.at(-1) && issue.path.length === path.length - 1;
}
