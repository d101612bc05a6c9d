import type { ReactNode } from "react";
import { Time } from "../../parts/time.tsx";
import type { Graph, GraphNode } from "./graph.ts";
import { Sign } from "./icons.tsx";
import { badgeWords, type Live, lagWords, nameOf, partWords, rateWords } from "./words.ts";

const Row = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

const List = ({ name, of }: { name: string; of: readonly (string | number)[] }) =>
  of.length === 0 ? null : (
    <Row name={name}>
      <ul>
        {of.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </Row>
  );

type DetailProps = { of: GraphNode; graph: Graph; live: Live; onSelect: (id: string) => void };

/** Everything that is known of a component. */
export const Detail = ({ of, graph, live, onSelect }: DetailProps) => (
  <div className="arch-detail">
    <h3>
      <Sign icon={of.icon} color={of.color} size={16} /> {of.name}{" "}
      <span className="tag">{badgeWords[of.badge] ?? of.badge}</span>{" "}
      {of.retired && <span className="tag">Retired</span>}
    </h3>
    <p>{of.description}</p>
    {of.retired && (
      <p>
        {of.retired.says} <span className="soft">Replaced by {of.retired.by}</span>,{" "}
        <span className="soft">since {of.retired.since}.</span>
      </p>
    )}
    <dl>
      <Row name="Layer">
        {of.lane.order} {of.lane.name} <span className="soft">· {partWords[of.part]}</span>
      </Row>
      <Row name="Owner">{of.owner}</Row>
      <List name="Protocols in" of={of.protocols_in} />
      <List name="Protocols out" of={of.protocols_out} />
      <List name="Ports" of={of.ports} />
      <List name="Database operations" of={of.database_operations} />
      {of.functions.length > 0 && (
        <Row name="Functions">
          <ul>
            {of.functions.map(({ name, says }) => (
              <li key={name}>
                <code>{name}</code> <span className="soft">{says}</span>
              </li>
            ))}
          </ul>
        </Row>
      )}
      <List name="API calls" of={of.api_calls} />
      <List name="Topics" of={of.topics} />
      {of.log_folder !== undefined && (
        <Row name="Log folder">
          <code>{of.log_folder}</code>
        </Row>
      )}
      {of.keeps !== undefined && <Row name="What waits in it">{of.keeps}</Row>}
      {of.facts?.map(({ name, value }) => (
        <Row key={name} name={name}>
          {value}
        </Row>
      ))}
      {of.badge === "topic" && <TopicNow topic={of.name} live={live} />}
    </dl>
    <Neighbours of={of} graph={graph} live={live} onSelect={onSelect} />
  </div>
);

const TopicNow = ({ topic, live }: { topic: string; live: Live }) => {
  const rate = live.rateOf(topic);
  const newest = live.newestAt(topic);
  return (
    <>
      <Row name="Rate now">
        <span className={rate === null ? "unknown" : ""}>{rateWords(rate)}</span>
      </Row>
      <Row name="Newest record">
        {newest === null ? <span className="unknown">unknown</span> : <Time at={newest} />}
      </Row>
    </>
  );
};

const Neighbours = ({ of, graph, live, onSelect }: DetailProps) => {
  const flows = graph.edges.filter(({ from, to, kind }) => {
    return kind !== "holds" && (from === of.id || to === of.id);
  });
  if (flows.length === 0) return null;
  return (
    <ul className="arch-neighbours" aria-label="Flows">
      {flows.map(({ id, from, to, kind, protocol, says }) => {
        const isOut = from === of.id;
        const other = isOut ? to : from;
        const told = live.flow(from, to);
        return (
          <li key={id}>
            <span className="soft">{kind === "same" ? "is" : isOut ? "to" : "from"}</span>{" "}
            <button type="button" className="arch-link" onClick={() => onSelect(other)}>
              {nameOf(graph, other)}
            </button>{" "}
            <span className="soft">
              {says}
              {protocol && `, ${protocol}`}
            </span>
            {told && told.rate_per_s !== null && <span> · {rateWords(told.rate_per_s)}</span>}
            {told && told.lag_records !== null && <span> · lag {lagWords(told)}</span>}
          </li>
        );
      })}
    </ul>
  );
};
