/**
 * A list: dense rows, a sticky header, search, filters, sort, columns and the open row in the address, a count, and
 * states for loading, failing and empty. A thousand rows are drawn as they scroll by.
 *
 *   const columns: Column<Row>[] = [
 *     { key: "name", title: t("name"), value: (r) => r.name, primary: true, width: 180 },
 *     { key: "state", title: t("state"), value: (r) => r.state, render: (r) => <StateTag state={r.state} quiet />,
 *       options: [{ value: "degraded", label: t("state.degraded") }] },
 *     { key: "note", title: t("note"), render: (r) => r.note, hidden: true },         hidden: one can choose to see it
 *   ];
 *   <DataTable label={t("title")} query={query} rows={query.data} columns={columns} rowKey={(r) => r.name}
 *     empty={<EmptyState .../>} detail={(r, close) => <Detail title={r.name} close={close} tabs={...} />} />
 *
 * `value`: what is searched, sorted and, with `options`, filtered by (`pick` where that differs). A click on a row, or
 * Enter on its primary cell, opens `detail`; `onOpen` instead goes elsewhere.
 */
import type { ReactNode } from "react";
import { later } from "~/lib/later";
import { Loading } from "./Loading";
import { Problem } from "./Problem";

export interface Column<Row> {
  key: string;
  title: string;
  value?: (row: Row) => string | number | undefined;
  render?: (row: Row) => ReactNode;
  options?: { value: string; label: string }[];
  pick?: (row: Row) => string | readonly string[];
  width?: number;
  /** Opens the row. */
  primary?: boolean;
  /** Not shown until somebody chooses it. */
  hidden?: boolean;
  /** Not sortable although it has a value. */
  fixedOrder?: boolean;
  align?: "start" | "end";
}

interface Query {
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

export interface Props<Row> {
  /** What the table is, for screen readers. */
  label: string;
  rows: readonly Row[] | undefined;
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  query?: Query;
  empty?: ReactNode;
  detail?: (row: Row, close: () => void) => ReactNode;
  onOpen?: (row: Row) => void;
  /** Small cells and heads in two lines, for many columns. */
  dense?: boolean;
  /** False where the page searches for itself, e.g. on the server. */
  search?: boolean;
  /** Beside the search. */
  tools?: ReactNode;
  /** What takes so long, said after ten seconds. */
  doing?: ReactNode;
}

const useRows = later(async () => (await import("./Rows")).Rows);

export function DataTable<Row extends object>(props: Props<Row>) {
  const { rows, query, empty, doing } = props;
  const Rows = useRows();
  if (query?.error && !rows) return <Problem error={query.error} retry={query.refetch} large />;
  if (rows && !rows.length && empty) return <div className="card">{empty}</div>;
  if (!rows || !Rows) return <Loading lines={12} doing={doing} />;
  return <Rows {...props} rows={rows} />;
}
