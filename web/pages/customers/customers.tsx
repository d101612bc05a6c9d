import { useEffect, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import type { ListedCustomer } from "../../../src/serve/messages/customer-list.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { BandMark, bands } from "../../parts/band.tsx";
import { Export } from "../../parts/export.tsx";
import { count, Simulated } from "../../parts/figures.tsx";
import { Filter } from "../../parts/filter.tsx";
import { shortened } from "../../parts/id.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { Empty, Fault, NotYet, Skeleton } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { useUrlValue } from "../../parts/url.ts";
import { useWidth } from "../../parts/use-width.ts";
import { bandName, contacts, countryName, sentence } from "../queue/words.ts";
import "./customers.css";
import { type CustomersFilter, useCustomers } from "./use-customers.ts";

const restMs = 200;
const tableHeight = "max(320px, calc(100vh - 290px))";
const narrow = 700;
const wide = 1_100;

const pathOf = (id: string): string => `/customers/${encodeURIComponent(id)}`;

const columnsFor = (width: number): Column<ListedCustomer>[] => [
  {
    id: "customer",
    title: "Customer",
    width: width < narrow ? undefined : 206,
    cell: ({ customer_id: id, simulated }) => (
      <span className="customers-name">
        <Link
          href={pathOf(id)}
          className="mono"
          title={id}
          onClick={(event) => event.stopPropagation()}
        >
          {shortened(id, width < narrow ? 22 : 18)}
        </Link>
        {simulated === true && width >= narrow && <Simulated />}
      </span>
    ),
  },
  {
    id: "band",
    title: "Band",
    width: 104,
    cell: ({ risk_level }) =>
      risk_level === null ? (
        <span className="unknown">not scored</span>
      ) : (
        <BandMark band={risk_level} />
      ),
  },
  {
    id: "score",
    title: "Score",
    width: 64,
    number: true,
    cell: ({ risk_score }) => (risk_score === null ? "" : risk_score.toFixed(2)),
  },
  ...(width < narrow
    ? []
    : [
        {
          id: "why",
          title: "Why",
          cell: ({ reason }: ListedCustomer) => (
            <span title={reason ?? undefined}>{reason ?? ""}</span>
          ),
        },
        {
          id: "status",
          title: "Circumstances",
          width: 116,
          cell: ({ statuses }: ListedCustomer) => statuses.map(sentence).join(", "),
        },
        {
          id: "country",
          title: "Country",
          width: 110,
          cell: ({ country }: ListedCustomer) =>
            country === null ? <span className="unknown">unknown</span> : countryName(country),
        },
      ]),
  ...(width < wide
    ? []
    : [
        {
          id: "contact",
          title: "Contact",
          width: 104,
          cell: ({ contact }: ListedCustomer) => contacts[contact],
        },
        {
          id: "scored",
          title: "Scored",
          width: 100,
          cell: ({ scored_at }: ListedCustomer) => scored_at && <Time at={scored_at} />,
        },
      ]),
];

/** What is typed becomes part of the URL once nobody has typed for a moment. */
const Search = ({ value, onChange }: { value: string; onChange: (next: string) => void }) => {
  const [text, setText] = useState(value);
  const changed = useRef(onChange);
  changed.current = onChange;
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => changed.current(text.trim()), restMs);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <input
      type="search"
      id="customers-search"
      className="customers-search"
      aria-label="How the id begins"
      placeholder="How the id begins"
      maxLength={200}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
};

type Counts = NonNullable<ReturnType<typeof useCustomers>["summary"]>["counts"];
type FiltersProps = {
  filters: Record<CustomersFilter, string>;
  counts: Counts | undefined;
  onChange: (name: CustomersFilter, value: string) => void;
};

const Filters = ({ filters, counts, onChange }: FiltersProps) => {
  const countOf = (facet: keyof Counts, value: string) =>
    counts === undefined ? null : (counts[facet].find((one) => one.value === value)?.count ?? 0);
  const found = (facet: "status" | "country") => {
    const values = counts?.[facet].slice(0, 12).map(({ value }) => value) ?? [];
    return filters[facet] === "" ? values : [...new Set([filters[facet], ...values])];
  };
  const chips = (
    facet: keyof Counts,
    label: string,
    values: readonly string[],
    nameOf: (value: string) => string,
  ) => (
    <Filter
      label={label}
      value={filters[facet]}
      choices={values.map((value) => ({
        value,
        name: nameOf(value),
        count: countOf(facet, value),
      }))}
      onChange={(next) => onChange(facet, next)}
    />
  );
  return (
    <>
      <div className="customers-filters">
        <Search value={filters.q} onChange={(next) => onChange("q", next)} />
        {chips("band", "Band", [...bands, "none"], bandName)}
      </div>
      <div className="customers-found">
        {chips("status", "Circumstances", found("status"), sentence)}
        {chips("country", "Country", found("country"), countryName)}
      </div>
    </>
  );
};

const saysCount = (customers: number): string =>
  `${count(customers)} ${customers === 1 ? "customer" : "customers"}`;

/** All customers, the riskiest first. */
const Customers = () => {
  const { filters, set, clear, rows, summary, fault, loading, end, again } = useCustomers();
  const [, go] = useLocation();
  const [named, setNamed] = useUrlValue("row");
  const width = useWidth();
  const at = rows.findIndex(({ customer_id }) => customer_id === named);
  const move = (by: number): void => {
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
    if (next) setNamed(next.customer_id);
  };
  useKeys("Customers", [
    { keys: "j", does: "Next customer", run: () => move(1) },
    { keys: "k", does: "Customer before", run: () => move(-1) },
    { keys: "Enter", does: "Open the customer", run: () => at >= 0 && go(pathOf(named)) },
    {
      keys: "f",
      does: "Find by how the id begins",
      run: () => document.getElementById("customers-search")?.focus(),
    },
  ]);
  const filtered = Object.values(filters).some((value) => value !== "");
  return (
    <Screen
      title="Customers"
      says={summary && saysCount(summary.customers)}
      acts={<Export name="customers" rows={rows} />}
    >
      <Filters filters={filters} counts={summary?.counts} onChange={set} />
      {fault && <Fault fault={fault} again={again} />}
      <Panel title="The riskiest first" bare>
        {loading && !fault ? (
          <Skeleton rows={12} />
        ) : (
          <Table
            label="Customers"
            rows={rows}
            columns={columnsFor(width)}
            rowId={(row) => row.customer_id}
            selected={named}
            onOpen={(row) => go(pathOf(row.customer_id))}
            onEnd={end}
            height={tableHeight}
            empty={
              !fault &&
              (filtered ? (
                <Empty says="No customer is like this.">
                  <button type="button" className="button" onClick={clear}>
                    Show all
                  </button>
                </Empty>
              ) : (
                <NotYet says="Nothing is known of any customer here." />
              ))
            }
          />
        )}
      </Panel>
    </Screen>
  );
};
export default Customers;
