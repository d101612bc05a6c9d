import { useRef } from "react";
import { useLocation, useParams, useSearchParams } from "wouter";
import type { ContractsAnswer } from "../../../src/serve/messages/contracts.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { count } from "../../parts/figures.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { Empty, Fault, Skeleton } from "../../parts/states.tsx";
import { useUrlValue } from "../../parts/url.ts";
import "./contracts.css";
import { List } from "./list.tsx";
import { One } from "./one.tsx";
import { searchContracts } from "./search.ts";

const documents = [
  { path: "/openapi.json", name: "OpenAPI 3.1", file: "bellwether-openapi.json" },
  { path: "/asyncapi.json", name: "AsyncAPI 3.0", file: "bellwether-asyncapi.json" },
];

/** What travels on every topic: fields in words, versions, who writes and who reads. */
const Contracts = () => {
  const { topic } = useParams<{ topic?: string }>();
  const [, go] = useLocation();
  const [params] = useSearchParams();
  const [query, setQuery] = useUrlValue("q");
  const { data, fault, loading, again } = useAnswer<ContractsAnswer>("/contracts");
  const contracts = data?.contracts ?? [];
  const found = searchContracts(contracts, query);
  const chosen = topic ?? found[0]?.contract.topic;
  const field = useRef<HTMLInputElement>(null);
  const open = (name: string) => {
    const kept = new URLSearchParams(params);
    kept.delete("version");
    const search = kept.toString();
    go(`/contracts/${encodeURIComponent(name)}${search === "" ? "" : `?${search}`}`);
  };
  const step = (by: number) => {
    const place = found.findIndex(({ contract }) => contract.topic === chosen);
    const next = found[Math.max(0, Math.min(found.length - 1, place + by))];
    if (next) open(next.contract.topic);
  };
  useKeys("Contracts", [
    { keys: "j", does: "Next topic", run: () => step(1) },
    { keys: "k", does: "Topic before", run: () => step(-1) },
    { keys: "f", does: "Find a field", run: () => field.current?.focus() },
  ]);
  return (
    <Screen
      title="Contracts"
      says={
        data &&
        `${count(contracts.length)} topics, ` +
          `${count(contracts.reduce((sum, one) => sum + one.fields.length, 0))} fields`
      }
      acts={
        <>
          <label className="contracts-find">
            <span className="for-readers">Find a field</span>
            <input
              ref={field}
              type="search"
              placeholder="Find a field, a word, “personal” …"
              value={query}
              onChange={(event) => setQuery(event.target.value)}
              onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
            />
          </label>
          {documents.map(({ path, name, file }) => (
            <a key={path} className="button" href={path} download={file}>
              {name}
            </a>
          ))}
        </>
      }
    >
      {fault && <Fault fault={fault} again={again} />}
      <div className="contracts">
        {loading ? (
          <Panel title="Topics">
            <Skeleton rows={14} />
          </Panel>
        ) : (
          <List
            found={found}
            total={contracts.length}
            query={query}
            selected={chosen}
            onOpen={open}
          />
        )}
        {chosen === undefined ? (
          <Panel title="Contract">
            <Empty says="Choose a topic to see what its records say." />
          </Panel>
        ) : (
          <One topic={chosen} query={query} />
        )}
      </div>
    </Screen>
  );
};

export default Contracts;
