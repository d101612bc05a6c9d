import type { ContractListed } from "../../../src/serve/messages/contracts.ts";
import { count } from "../../parts/figures.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Empty } from "../../parts/states.tsx";
import { duration } from "../../parts/time.tsx";
import type { Found } from "./search.ts";

type ListProps = {
  found: readonly Found[];
  total: number;
  query: string;
  selected: string | undefined;
  onOpen: (topic: string) => void;
};

const keptFor = ({ compacted, retention_ms }: ContractListed): string => {
  if (compacted || retention_ms === null) return "newest value kept for ever";
  return `kept ${duration(retention_ms)}`;
};

/** The topics that fit, with the fields by which they were found. */
export const List = ({ found, total, query, selected, onOpen }: ListProps) => (
  <Panel
    title="Topics"
    aside={query === "" ? `${count(total)}` : `${count(found.length)} of ${count(total)}`}
  >
    {found.length === 0 && (
      <Empty says={`No topic and no field fits “${query}”. Type less of it.`} />
    )}
    <ul className="contracts-list">
      {found.map(({ contract, paths }) => (
        <li key={contract.topic}>
          <button
            type="button"
            aria-current={contract.topic === selected ? "true" : undefined}
            onClick={() => onOpen(contract.topic)}
          >
            <span className="contracts-name">
              <b>{contract.topic}</b>
              <span className="tag">v{contract.version}</span>
            </span>
            <span className="soft small">{contract.says}</span>
            <span className="faint small">
              {contract.owner} · {count(contract.fields.length)} fields · {keptFor(contract)}
            </span>
            {paths.length > 0 && (
              <span className="small">
                {paths.slice(0, 3).map((path) => (
                  <code key={path}>{path} </code>
                ))}
                {paths.length > 3 && `and ${paths.length - 3} more`}
              </span>
            )}
          </button>
        </li>
      ))}
    </ul>
  </Panel>
);
