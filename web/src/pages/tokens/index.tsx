/** API tokens: one's own, and for those who may see people everybody's (`?whose=all`). */
import { useQuery } from "@tanstack/react-query";
import { Button, Segmented } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { ApiToken, MadeToken } from "~/api/schema";
import { DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import { useColumns } from "./columns";
import { Made } from "./Made";
import { MakeToken } from "./MakeToken";
import { tokens } from "./queries";
import { RevokeToken } from "./RevokeToken";
import { TokenDetail } from "./TokenDetail";
import "./tokens.css";

export default function Tokens() {
  const { t } = useTranslation("tokens");
  const { session, may } = useSession();
  const [params, setParams] = useSearchParams();
  const query = useQuery(tokens());
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<MadeToken | null>(null);
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  const others = may("user.read");
  const all = others && params.get("whose") === "all";
  const own = session.person?.name ?? "";
  const mayRevoke = (row: ApiToken) => row.user === own || may("user.write");
  const columns = useColumns({ all, revoke: setRevoking, mayRevoke });
  const choose = (whose: string) =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        for (const one of ["open", "q"]) after.delete(one);
        if (whose === "all") after.set("whose", whose);
        else after.delete("whose");
        return after;
      },
      { replace: true },
    );
  const whose = others && (
    <Segmented
      aria-label={t("whose.label")}
      value={all ? "all" : "own"}
      onChange={choose}
      options={(["own", "all"] as const).map((value) => ({ value, label: t(`whose.${value}`) }))}
    />
  );
  const make = (
    <Button type="primary" onClick={() => setMaking(true)}>
      {t("make.open")}
    </Button>
  );
  const rows = query.data?.filter((row) => all || row.user === own);
  return (
    <>
      <PageHeader title={t("title")} summary={t("summary")} actions={make} />
      {others && rows?.length === 0 && <div className="row tokens-whose">{whose}</div>}
      <DataTable
        label={t("title")}
        query={query}
        rows={rows}
        columns={columns}
        rowKey={(row) => row.id}
        tools={whose}
        empty={
          <EmptyState title={t("empty.title")} action={make}>
            {t("empty.text")}
          </EmptyState>
        }
        detail={(row, close) => (
          <TokenDetail
            key={row.id}
            token={row}
            revoke={mayRevoke(row) ? () => setRevoking(row) : undefined}
            close={close}
          />
        )}
      />
      {making && (
        <MakeToken
          tokens={query.data ?? []}
          close={() => setMaking(false)}
          done={(found) => {
            setMaking(false);
            setMade(found);
          }}
        />
      )}
      {made && <Made made={made} close={() => setMade(null)} />}
      {revoking && <RevokeToken token={revoking} close={() => setRevoking(null)} />}
    </>
  );
}
