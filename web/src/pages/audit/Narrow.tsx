/** What the audit is narrowed down to; the server searches, so it finds what is not on this page too. */
import { Button, Input, Select } from "antd";
import { useState } from "react";
import { Skeleton } from "~/components/Loading";
import { usePermissionWords } from "~/components/Permissions";
import { useTranslation } from "~/i18n/react";
import { later } from "~/lib/later";
import { AREAS, deedsOf, everythingOf, permissionsOf } from "./acts";
import type { Wanted } from "./queries";

/** A calendar is half of this page's program. */
const useDay = later(async () => (await import("./Day")).Day);
const DAY = 140;

interface Props {
  wanted: Wanted;
  change: (changed: Wanted) => void;
}

export function Narrow({ wanted, change }: Props) {
  const { t } = useTranslation("audit");
  const narrowed = ["who", "what", "outcome", "since", "until", "q"].some((field) => field in wanted);
  const text = (field: "q" | "who") => (
    <Typed
      key={`${field}:${wanted[field] ?? ""}`}
      label={t(`narrow.${field}`)}
      value={wanted[field] ?? ""}
      change={(value) => change({ [field]: value })}
    />
  );
  const Day = useDay();
  const day = (field: "since" | "until") =>
    Day ? (
      <Day
        label={t(`narrow.${field}`)}
        end={field === "since" ? "start" : "end"}
        change={(moment) => change({ [field]: moment })}
        width={DAY}
      />
    ) : (
      <Skeleton width={DAY} height={30} />
    );
  return (
    <search className="row" style={{ marginBottom: 10 }}>
      {text("q")}
      {text("who")}
      <Act value={wanted.what ?? ""} change={(what) => change({ what })} />
      <Select
        aria-label={t("narrow.outcome")}
        placeholder={t("narrow.outcome")}
        allowClear
        style={{ width: 120 }}
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

/** One act, or all of an area. What the address asks for beyond these is shown as it stands there. */
function Act({ value, change }: { value: string; change: (value: string) => void }) {
  const { t } = useTranslation("audit");
  const words = usePermissionWords();
  const options = AREAS.map((area) => ({
    label: t(`area.${area}`),
    options: [
      { value: everythingOf(area), label: t("narrow.everything", { area: t(`area.${area}`) }) },
      ...deedsOf(area).map((deed) => ({ value: deed as string, label: t(`deed.${deed}`) })),
      ...permissionsOf(area).map((one) => ({ value: one as string, label: words(one) })),
    ],
  }));
  return (
    <Select<string | null>
      aria-label={t("narrow.what")}
      placeholder={t("narrow.what")}
      allowClear
      showSearch={{ optionFilterProp: "label" }}
      style={{ width: 200 }}
      popupMatchSelectWidth={360}
      value={value || null}
      options={options}
      onChange={(chosen) => change(chosen ?? "")}
    />
  );
}

function Typed({ label, value, change }: { label: string; value: string; change: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  return (
    <Input
      aria-label={label}
      placeholder={label}
      allowClear
      style={{ width: 140 }}
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
