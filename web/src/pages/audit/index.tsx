/** Who did what, from where, and what came of it: searched by the server, exported as it is narrowed down. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useSearchParams } from "react-router";
import type { ToldEntry as Entry } from "~/api/schema";
import { CopyName } from "~/components/CopyName";
import { type Column, DataTable } from "~/components/DataTable";
import { Detail, Facts } from "~/components/Detail";
import { DiffView } from "~/components/DiffView";
import { EmptyState } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { usePermissionWords } from "~/components/Permissions";
import { Said } from "~/components/Said";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import { Narrow } from "./Narrow";
import { entries, exported, type Field, paramOf, type Wanted, wantedOf } from "./queries";

export default function Audit() {
  const { t } = useTranslation("audit");
  const { may } = useSession();
  const [params, setParams] = useSearchParams();
  const wanted = wantedOf(params);
  const query = useInfiniteQuery(entries(wanted));
  const columns = useColumns();
  const change = (changed: Wanted) =>
    setParams(
      (before) => {
        const made = new URLSearchParams(before);
        for (const [field, value] of Object.entries(changed) as [Field, string][]) {
          if (value) made.set(paramOf(field), value);
          else made.delete(paramOf(field));
        }
        return made;
      },
      { replace: true },
    );
  const actions = may("audit.export") && (
    <>
      <Button href={exported(wanted, "jsonl")} download>
        {t("export.jsonl")}
      </Button>
      <Button href={exported(wanted, "csv")} download>
        {t("export.csv")}
      </Button>
    </>
  );
  return (
    <>
      <PageHeader title={t("title")} summary={t("about")} actions={actions} />
      <Narrow wanted={wanted} change={change} />
      <DataTable
        label={t("title")}
        query={query}
        rows={query.data?.pages.flatMap((page) => page.entries)}
        columns={columns}
        search={false}
        rowKey={(entry) => entry.id}
        empty={<EmptyState title={t("empty.title")}>{t("empty.text")}</EmptyState>}
        detail={(entry, close) => <One entry={entry} close={close} />}
      />
      {query.hasNextPage && (
        <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()} style={{ marginTop: 10 }}>
          {t("older")}
        </Button>
      )}
    </>
  );
}

function Outcome({ entry, quiet = false }: { entry: Entry; quiet?: boolean }) {
  const { t } = useTranslation("audit");
  return (
    <ToneTag tone={entry.outcome === "done" ? "healthy" : "degraded"} quiet={quiet}>
      {t(`outcome.${entry.outcome}`)}
    </ToneTag>
  );
}

function useColumns(): Column<Entry>[] {
  const { t } = useTranslation("audit");
  return [
    { key: "at", title: t("column.at"), width: 120, render: (entry) => <Since at={entry.at} /> },
    {
      key: "who",
      value: (entry) => entry.who,
      fixedOrder: true,
      title: t("column.who"),
      width: 130,
      render: (entry) => entry.who || t("nobody"),
    },
    {
      key: "what",
      value: (entry) => entry.what,
      fixedOrder: true,
      title: t("column.what"),
      width: 320,
      primary: true,
      render: (entry) => <What entry={entry} />,
    },
    {
      key: "where",
      value: (entry) => entry.where,
      fixedOrder: true,
      title: t("column.where"),
      width: 240,
      render: (entry) => <code className="clip">{entry.where}</code>,
    },
    { key: "outcome", title: t("column.outcome"), width: 120, render: (entry) => <Outcome entry={entry} quiet /> },
    {
      key: "address",
      value: (entry) => entry.address,
      fixedOrder: true,
      title: t("column.address"),
      width: 150,
      render: (entry) => entry.address ?? "",
    },
    { key: "via", title: t("column.via"), width: 130, render: (entry) => <Via entry={entry} /> },
    {
      key: "team",
      value: (entry) => entry.team,
      fixedOrder: true,
      title: t("column.team"),
      width: 120,
      render: (entry) => entry.team,
    },
    {
      key: "cluster",
      value: (entry) => entry.cluster,
      fixedOrder: true,
      title: t("column.cluster"),
      width: 130,
      render: (entry) => entry.cluster,
    },
    {
      key: "code",
      value: (entry) => entry.code,
      fixedOrder: true,
      title: t("column.code"),
      width: 200,
      render: (entry) => entry.code,
      hidden: true,
    },
    {
      key: "agent",
      value: (entry) => entry.agent,
      fixedOrder: true,
      title: t("column.agent"),
      width: 240,
      render: (entry) => entry.agent,
      hidden: true,
    },
  ];
}

/** What is called neither as a permission nor in a sentence. */
const OWN: Record<string, "started" | "request"> = { "rollout.started": "started", request: "request" };

/** What was done in words; what was refused, or has no sentence, by what it is called. */
function What({ entry }: { entry: Entry }) {
  const { t } = useTranslation("audit");
  const words = usePermissionWords();
  const own = OWN[entry.what];
  const named = own ? t(`act.${own}`) : words(entry.what);
  return (
    <span className="clip" title={entry.what}>
      {entry.message ? <Said message={entry.message} /> : named}
    </span>
  );
}

const WAYS = ["session", "token", "operator", "local", "registration"] as const;

function Via({ entry }: { entry: Entry }) {
  const { t } = useTranslation("audit");
  const way = WAYS.find((one) => one === entry.via);
  return way ? t(`via.${way}`) : "";
}

function One({ entry, close }: { entry: Entry; close: () => void }) {
  const { t } = useTranslation("audit");
  const { t: common } = useTranslation("common");
  const told = entry.before !== undefined || entry.after !== undefined;
  return (
    <Detail
      title={<What entry={entry} />}
      state={<Outcome entry={entry} />}
      close={close}
      tabs={[
        {
          key: "summary",
          label: common("detail.summary"),
          children: (
            <Facts
              rows={[
                [t("column.what"), <code key="what">{entry.what}</code>],
                [t("column.at"), <Since key="at" at={entry.at} />],
                [t("column.who"), entry.who || t("nobody")],
                [t("column.via"), <Via key="via" entry={entry} />],
                [t("column.address"), entry.address || null],
                [t("column.agent"), entry.agent || null],
                [t("column.where"), <code key="where">{entry.where}</code>],
                [t("column.team"), entry.team || null],
                [t("column.cluster"), entry.cluster || null],
                [t("route"), <code key="route">{entry.route}</code>],
                [t("request"), entry.request ? <CopyName key="request" name={entry.request} /> : null],
                [t("column.code"), entry.code ? <CopyName key="code" name={entry.code} /> : null],
              ]}
            />
          ),
        },
        ...(told
          ? [
              {
                key: "difference",
                label: common("detail.difference"),
                children: <DiffView before={entry.before} after={entry.after} />,
              },
            ]
          : []),
      ]}
    />
  );
}
