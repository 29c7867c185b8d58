/**
 * A kubeconfig, pasted, uploaded or dropped, and which of its contexts. It stays in this form, also when the server
 * refuses it, and is kept nowhere in the browser.
 *
 *   <KubeconfigField value={given} change={setGiven} />
 */
import { UploadOutlined } from "@ant-design/icons";
import { Button, Checkbox, Input, Select } from "antd";
import { useId, useRef, useState } from "react";
import { CopyName } from "~/components/CopyName";
import { Shape } from "~/components/Shape";
import { useTranslation } from "~/i18n/react";
import { contextsOf } from "./kubeconfig";

export interface GivenConnection {
  kubeconfig: string;
  context: string;
  insecure_skip_tls_verify: boolean;
}

export const NOTHING: GivenConnection = { kubeconfig: "", context: "", insecure_skip_tls_verify: false };
const LARGEST = 1_000_000;
const FLATTEN = "kubectl config view --minify --flatten";

/** As the server takes it. */
export function connectionBody({ kubeconfig, context, insecure_skip_tls_verify }: GivenConnection) {
  return { kubeconfig, insecure_skip_tls_verify, ...(context && { context }) };
}

interface Props {
  value: GivenConnection;
  change: (value: GivenConnection) => void;
}

export function KubeconfigField({ value, change }: Props) {
  const { t } = useTranslation("clusters");
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [large, setLarge] = useState(false);
  const { names, current } = contextsOf(value.kubeconfig);
  const read = async (file: File | undefined) => {
    if (!file) return;
    setLarge(file.size > LARGEST);
    if (file.size <= LARGEST) change({ ...value, kubeconfig: await file.text(), context: "" });
  };
  return (
    <div className="stack">
      <div>
        <div className="row spread field-head">
          <label htmlFor={`${id}-text`}>{t("kubeconfig.label")}</label>
          <Button size="small" icon={<UploadOutlined aria-hidden />} onClick={() => input.current?.click()}>
            {t("kubeconfig.upload")}
          </Button>
          <input
            ref={input}
            type="file"
            style={{ display: "none" }}
            aria-label={t("kubeconfig.upload")}
            onChange={(event) => {
              void read(event.target.files?.[0]);
              event.target.value = "";
            }}
          />
        </div>
        <Input.TextArea
          id={`${id}-text`}
          className="mono kubeconfig"
          rows={9}
          spellCheck={false}
          autoComplete="off"
          placeholder={t("kubeconfig.placeholder")}
          aria-describedby={`${id}-about`}
          value={value.kubeconfig}
          onChange={(event) => change({ ...value, kubeconfig: event.target.value, context: "" })}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            const [file] = event.dataTransfer.files;
            if (!file) return;
            event.preventDefault();
            void read(file);
          }}
        />
        <p id={`${id}-about`} className="muted about">
          {t("kubeconfig.about")} <CopyName name={FLATTEN} />
        </p>
        {large && <p className="state tone-degraded">{t("kubeconfig.large")}</p>}
      </div>
      {names.length > 0 && (
        <div>
          <label className="field-head" htmlFor={`${id}-context`}>
            {t("kubeconfig.context")}
          </label>
          <Select<string>
            id={`${id}-context`}
            showSearch
            style={{ width: "100%" }}
            value={value.context || current || null}
            placeholder={t("kubeconfig.choose")}
            options={names.map((name) => ({
              value: name,
              label: name === current ? t("kubeconfig.current", { name }) : name,
            }))}
            onChange={(context) => change({ ...value, context })}
          />
        </div>
      )}
      <Checkbox
        checked={value.insecure_skip_tls_verify}
        onChange={(event) => change({ ...value, insecure_skip_tls_verify: event.target.checked })}
      >
        {t("insecure.label")}
      </Checkbox>
      {value.insecure_skip_tls_verify && (
        <p className="note tone-degraded">
          <Shape tone="degraded" />
          <span className="words">{t("insecure.about")}</span>
        </p>
      )}
    </div>
  );
}
