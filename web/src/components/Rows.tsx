/** The table of a `DataTable` whose rows are there, with all that Ant Design has for one. */
import { SettingOutlined } from "@ant-design/icons";
import { Button, Checkbox, Popover, Table, type TableColumnType } from "antd";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { useTranslation } from "~/i18n/react";
import { type Filters, select } from "~/lib/filters";
import { useFilters } from "~/lib/useFilters";
import type { Column, Props } from "./DataTable";
import { EmptyState } from "./EmptyState";
import { Problem } from "./Problem";
import { Count, Search } from "./Searching";
import { InTable } from "./Since";

const VIRTUAL = 60;
/** Pixels of the head with its line. */
const HEAD = { roomy: 42, dense: 55 };

interface Shown<Row> extends Props<Row> {
  rows: readonly Row[];
}

export function Rows<Row extends object>(props: Shown<Row>) {
  const { label, rows, columns, rowKey, query, detail, onOpen, tools, dense = false, search = true } = props;
  const { t, i18n } = useTranslation();
  const filterable = columns.filter((column) => column.options).map((column) => column.key);
  const [filters, change] = useFilters(filterable);
  const settled = useDeferredValue(filters);
  const found = useMemo(() => select(rows, columns, settled, i18n.language), [rows, columns, settled, i18n.language]);
  const [body, height] = useHeight();
  const shown = columns.filter((column) => visible(column, filters));
  const open = onOpen ?? (detail ? (row: Row) => change({ open: rowKey(row) }) : undefined);
  const opened = filters.open ? rows.find((row) => rowKey(row) === filters.open) : undefined;

  return (
    <section className={dense ? "table dense" : "table"} aria-label={label}>
      <div className="row spread">
        <div className="row">
          {search && <Search value={filters.q} onChange={(q) => change({ q })} />}
          {tools}
          <Count found={found.length} all={rows.length} filters={filters} clear={() => change({ q: "", picks: {} })} />
        </div>
        <Chooser columns={columns} filters={filters} change={change} />
      </div>
      {query?.error ? <Problem error={query.error} retry={query.refetch} /> : null}
      <div className="table-body" ref={body}>
        <InTable value={true}>
          <Table<Row>
            size="small"
            tableLayout="fixed"
            dataSource={found}
            rowKey={rowKey}
            columns={shown.map((column) => made(column, filters, open))}
            pagination={false}
            virtual={found.length > VIRTUAL}
            scroll={{ x: widthOf(shown), y: Math.max(120, height - HEAD[dense ? "dense" : "roomy"]) }}
            showSorterTooltip={false}
            rowClassName={(row) =>
              `${open ? "opens" : ""}${filters.open && rowKey(row) === filters.open ? " table-row-open" : ""}`
            }
            onRow={(row) => ({ onClick: (event) => clicked(event.target, event.currentTarget) && open?.(row) })}
            onChange={(_, picked, sorter) => {
              const one = Array.isArray(sorter) ? sorter[0] : sorter;
              const sort = one?.order ? `${one.order === "descend" ? "-" : ""}${String(one.columnKey)}` : "";
              const picks = Object.fromEntries(
                Object.entries(picked).map(([key, values]) => [key, (values ?? []).map(String)]),
              );
              change({ sort, picks });
            }}
            locale={{ emptyText: <EmptyState title={t("table.nothing")}>{t("table.loosen")}</EmptyState> }}
          />
        </InTable>
      </div>
      {detail && opened ? detail(opened, () => change({ open: "" })) : null}
    </section>
  );
}

function visible<Row>(column: Column<Row>, filters: Filters): boolean {
  if (column.primary) return true;
  return filters.columns ? filters.columns.includes(column.key) : !column.hidden;
}

function widthOf<Row>(columns: Column<Row>[]): number {
  return columns.reduce((sum, column) => sum + (column.width ?? 140), 0);
}

function made<Row extends object>(
  column: Column<Row>,
  filters: Filters,
  open: ((row: Row) => void) | undefined,
): TableColumnType<Row> {
  const { value, render, options } = column;
  const order = filters.sort === column.key ? "ascend" : filters.sort === `-${column.key}` ? "descend" : null;
  const content = render ?? ((row: Row) => value?.(row));
  const told: TableColumnType<Row> = {
    key: column.key,
    title: column.title,
    width: column.width ?? 140,
    ellipsis: { showTitle: false },
    render: (_, row) =>
      column.primary && open ? (
        <button type="button" className="plain linklike clip" onClick={() => open(row)}>
          {content(row)}
        </button>
      ) : (
        content(row)
      ),
  };
  if (column.primary) told.fixed = "start";
  if (column.align) told.align = column.align;
  if (value && !column.fixedOrder) Object.assign(told, { sorter: true, sortOrder: order });
  if (options) {
    told.filters = options.map((option) => ({ value: option.value, text: option.label }));
    told.filteredValue = filters.picks[column.key] ? [...(filters.picks[column.key] ?? [])] : null;
    told.filterSearch = options.length > 10;
  }
  return told;
}

/** Whether a click was meant for the row: not for a link or a button in it, nor for a menu or a dialog that one of
 * them opened (their clicks come here too), and not the end of a selection. */
function clicked(target: EventTarget, row: Element): boolean {
  if (target instanceof Node && !row.contains(target)) return false;
  if (target instanceof Element && target.closest("a, button, input, label, [role=button]")) return false;
  return !window.getSelection()?.toString();
}

interface ChooserProps<Row> {
  columns: Column<Row>[];
  filters: Filters;
  change: (changed: Partial<Filters>) => void;
}

function Chooser<Row>({ columns, filters, change }: ChooserProps<Row>) {
  const { t } = useTranslation();
  const free = columns.filter((column) => !column.primary);
  const shown = free.filter((column) => visible(column, filters)).map((column) => column.key);
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      content={
        <div className="stack">
          <Checkbox.Group
            style={{ display: "grid", gap: 6 }}
            value={shown}
            options={free.map((column) => ({ value: column.key, label: column.title }))}
            onChange={(columns) => change({ columns: columns.map(String) })}
          />
          <Button size="small" disabled={filters.columns === null} onClick={() => change({ columns: null })}>
            {t("table.default")}
          </Button>
        </div>
      }
    >
      <Button icon={<SettingOutlined aria-hidden />}>{t("table.columns")}</Button>
    </Popover>
  );
}

function useHeight(): [(element: HTMLDivElement | null) => void, number] {
  const [height, setHeight] = useState(480);
  const [element, setElement] = useState<HTMLDivElement | null>(null);
  useEffect(() => {
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => entry && setHeight(entry.contentRect.height));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, height];
}
