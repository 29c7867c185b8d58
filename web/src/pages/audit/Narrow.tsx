/** What the audit is narrowed down to; the server searches, so it finds what is not on this page too. */
import { Button, DatePicker, Input, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "~/i18n/react";
import type { Wanted } from "./queries";

interface Props {
  wanted: Wanted;
  change: (changed: Wanted) => void;
}

export function Narrow({ wanted, change }: Props) {
  const { t } = useTranslation("audit");
  const narrowed = ["who", "what", "outcome", "since", "until", "q"].some((field) => field in wanted);
  const text = (field: "q" | "who" | "what") => (
    <Typed
      key={`${field}:${wanted[field] ?? ""}`}
      label={t(`narrow.${field}`)}
      value={wanted[field] ?? ""}
      change={(value) => change({ [field]: value })}
    />
  );
  const day = (field: "since" | "until") => (
    <DatePicker
      aria-label={t(`narrow.${field}`)}
      placeholder={t(`narrow.${field}`)}
      onChange={(value) => {
        const moment = field === "since" ? value?.startOf("day") : value?.endOf("day");
        change({
          [field]: moment
            ? moment
                .toDate()
                .toISOString()
                .replace(/\.\d+Z/, "Z")
            : "",
        });
      }}
    />
  );
  return (
    <search className="row" style={{ marginBottom: 10 }}>
      {text("q")}
      {text("who")}
      {text("what")}
      <Select
        aria-label={t("narrow.outcome")}
        placeholder={t("narrow.outcome")}
        allowClear
        style={{ width: 140 }}
        value={wanted.outcome ?? null}
        options={(["done", "refused"] as const).map((value) => ({ value, label: t(`outcome.${value}`) }))}
        onChange={(value) => change({ outcome: value ?? "" })}
      />
      {day("since")}
      {day("until")}
      {narrowed && (
        <Button type="text" onClick={() => change({ who: "", what: "", outcome: "", since: "", until: "", q: "" })}>
          {t("narrow.clear")}
        </Button>
      )}
    </search>
  );
}

function Typed({ label, value, change }: { label: string; value: string; change: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  return (
    <Input
      aria-label={label}
      placeholder={label}
      allowClear
      style={{ width: 170 }}
      value={typed}
      onChange={(event) => {
        setTyped(event.target.value);
        if (event.target.value === "") change("");
      }}
      onPressEnter={() => change(typed.trim())}
      onBlur={() => typed.trim() !== value && change(typed.trim())}
    />
  );
}
