import {
  type ColumnDef,
  type Table as Drawn,
  flexRender,
  getCoreRowModel,
  getSortedRowModel,
  type RowData,
  type SortingState,
  useReactTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";

declare module "@tanstack/react-table" {
  interface ColumnMeta<TData extends RowData, TValue> {
    number?: boolean;
    /** Shares the width that is left; else the column is `size` pixels wide. */
    grows?: boolean;
    wrap?: boolean;
  }
}

export type Column<Row> = {
  id: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** Width in pixels; without it the column takes what is left. */
  width?: number;
  number?: boolean;
  wrap?: boolean;
  /** What to sort by; without it the column cannot be sorted. */
  sort?: (row: Row) => string | number;
};

type TableProps<Row> = {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowId: (row: Row) => string;
  selected?: string | undefined;
  /** Called for a click on a row. Keys are the screen's own: it knows which row they stand on. */
  onOpen?: (row: Row) => void;
  /** Called when the last rows come into sight, where the rows scroll. */
  onEnd?: () => void;
  /** The rows scroll within this height, and only those in sight are drawn. */
  height?: number | string;
  rowHeight?: number;
  empty?: ReactNode;
};

const definitions = <Row,>(columns: readonly Column<Row>[]): ColumnDef<Row>[] =>
  columns.map((column) => ({
    id: column.id,
    header: column.title,
    accessorFn: (row) => column.sort?.(row) ?? "",
    cell: ({ row }) => column.cell(row.original),
    enableSorting: column.sort !== undefined,
    meta: { number: column.number, wrap: column.wrap, grows: column.width === undefined },
    size: column.width ?? 160,
  }));

const ariaSort = { asc: "ascending", desc: "descending" } as const;

/** A table of any length: sticky head, columns that do not jump, only the rows in sight drawn. */
export const Table = <Row,>(props: TableProps<Row>) => {
  const { label, rows, columns, rowId, selected, onOpen, onEnd, height, rowHeight = 32 } = props;
  const { empty } = props;
  const [sorting, setSorting] = useState<SortingState>([]);
  const scroller = useRef<HTMLDivElement>(null);
  // A column that is another one would draw its cells anew, and the focus within them be lost.
  const defined = useMemo(() => definitions(columns), [columns]);
  const table = useReactTable<Row>({
    data: rows as Row[],
    columns: defined,
    state: { sorting },
    onSortingChange: setSorting,
    getRowId: rowId,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
  });
  const all = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: all.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    enabled: height !== undefined,
  });
  const chosen = all.findIndex(({ id }) => id === selected);
  useEffect(() => {
    if (chosen >= 0 && height !== undefined) virtual.scrollToIndex(chosen, { align: "auto" });
  }, [chosen, height, virtual]);
  const items = virtual.getVirtualItems();
  const atEnd = height !== undefined && (items.at(-1)?.index ?? 0) >= all.length - 1;
  useEffect(() => {
    if (atEnd && all.length > 0) onEnd?.();
  }, [atEnd, all.length, onEnd]);
  const shown =
    height === undefined ? all.map((_, index) => index) : items.map(({ index }) => index);
  const above = items[0]?.start ?? 0;
  const below = height === undefined ? 0 : virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  if (rows.length === 0 && empty !== undefined) return <>{empty}</>;
  return (
    <section
      className="rows"
      ref={scroller}
      style={{ maxHeight: height }}
      aria-label={label}
      tabIndex={height === undefined ? undefined : 0}
    >
      <table className="table" aria-rowcount={all.length + 1}>
        <colgroup>
          {columns.map(({ id, width }) => (
            <col key={id} style={{ width }} />
          ))}
        </colgroup>
        <Head table={table} />
        <tbody>
          <Spacer height={above} columns={columns.length} />
          {shown.map((index) => {
            const row = all[index];
            return (
              <tr
                key={row.id}
                aria-rowindex={index + 2}
                aria-selected={row.id === selected ? true : undefined}
                style={{ height: rowHeight, cursor: onOpen ? "pointer" : undefined }}
                onClick={() => onOpen?.(row.original)}
              >
                {row.getVisibleCells().map((cell) => {
                  const { number, wrap } = cell.column.columnDef.meta ?? {};
                  const name = [number && "number", wrap && "wrap"].filter(Boolean).join(" ");
                  return (
                    <td key={cell.id} className={name}>
                      {flexRender(cell.column.columnDef.cell, cell.getContext())}
                    </td>
                  );
                })}
              </tr>
            );
          })}
          <Spacer height={below} columns={columns.length} />
        </tbody>
      </table>
    </section>
  );
};

const Head = <Row,>({ table }: { table: Drawn<Row> }) => (
  <thead>
    {table.getHeaderGroups().map((group) => (
      <tr key={group.id}>
        {group.headers.map(({ column, id, getContext }) => {
          const title = flexRender(column.columnDef.header, getContext());
          const sorted = column.getIsSorted();
          return (
            <th
              key={id}
              scope="col"
              className={column.columnDef.meta?.number ? "number" : ""}
              aria-sort={sorted ? ariaSort[sorted] : undefined}
            >
              {column.getCanSort() ? (
                <button type="button" className="sort" onClick={column.getToggleSortingHandler()}>
                  {title}
                  {sorted === "asc" ? " ↑" : sorted === "desc" ? " ↓" : ""}
                </button>
              ) : (
                title
              )}
            </th>
          );
        })}
      </tr>
    ))}
  </thead>
);

/** Keeps the place of rows that are not drawn. */
const Spacer = ({ height, columns }: { height: number; columns: number }) =>
  height <= 0 ? null : (
    <tr>
      <td colSpan={columns} style={{ height, padding: 0, border: 0 }} />
    </tr>
  );
