import { Link } from "wouter";
import type { ContractAnswer, PartyAnswer } from "../../../src/serve/messages/contracts.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { Copy } from "../../parts/copy.tsx";
import { count } from "../../parts/figures.tsx";
import { Filter } from "../../parts/filter.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Empty, Fault, Skeleton } from "../../parts/states.tsx";
import { duration } from "../../parts/time.tsx";
import { useUrlValue } from "../../parts/url.ts";
import { Fields } from "./fields.tsx";

const audits: Record<string, string> = {
  body: "the whole record",
  digest: "a keyed digest of the record",
  none: "nothing",
};
const hows: Record<string, string> = {
  broadcast: "reads all of it everywhere",
  ticks: "takes its time from it",
  clock: "writes its time to it",
  late: "puts late records there",
  dead: "puts there what it cannot use",
};

const Parties = ({
  parties,
  said,
}: {
  parties: readonly PartyAnswer[];
  said: readonly string[];
}) => (
  <>
    {parties.length === 0 && <span className="soft">nobody in the map</span>}
    <ul>
      {parties.map(({ name, role, group, how }) => (
        <li key={`${name} ${how}`} className="sentence">
          <b>{name}</b>
          {role !== name && <span className="soft"> of {role}</span>}
          {hows[how] && <span className="soft">, {hows[how]}</span>}
          {group && (
            <>
              {" · "}
              <Link href={`/groups?group=${encodeURIComponent(group)}`}>{group}</Link>
            </>
          )}
        </li>
      ))}
    </ul>
    <p className="faint small">As the contract names them: {said.join(", ")}</p>
  </>
);

const keptFor = ({ compacted, retention_ms }: ContractAnswer): string =>
  compacted || retention_ms === null
    ? "The newest value of each key, for ever"
    : duration(retention_ms);

const Facts = ({ of }: { of: ContractAnswer }) => (
  <dl className="contracts-facts">
    <dt>Key</dt>
    <dd>{of.key}</dd>
    <dt>Owner</dt>
    <dd>{of.owner}</dd>
    <dt>Event type</dt>
    <dd>
      <code>{of.type}</code>
    </dd>
    <dt>Kept</dt>
    <dd>{keptFor(of)}</dd>
    <dt>Partitions</dt>
    <dd>{count(of.partitions)}</dd>
    <dt>Audit log</dt>
    <dd>Is to keep {audits[of.audit]}; it is not built yet</dd>
    <dt>Null value</dt>
    <dd>{of.tombstones ? "Removes its key" : "Is refused"}</dd>
    <dt>Personal</dt>
    <dd>
      {of.personal.length === 0
        ? "No field"
        : `${count(of.personal.length)} fields, masked wherever they are shown; ` +
          "in the topic they lie in the clear"}
    </dd>
    <dt>Written by</dt>
    <dd>
      <Parties parties={of.producers} said={of.written_by} />
    </dd>
    <dt>Read by</dt>
    <dd>
      <Parties parties={of.consumers} said={of.read_by} />
    </dd>
  </dl>
);

const Versions = ({ of }: { of: ContractAnswer }) => (
  <Panel title="Versions" aside="fields may be added, never renamed or removed">
    <ol className="contracts-versions">
      {of.history.map(({ version, fields, changes }, place) => (
        <li key={version}>
          <p>
            <b>Version {version}</b>{" "}
            <span className="soft">
              {count(fields.length)} fields
              {version === of.version && ", in use"}
              {place === of.history.length - 1 && ", the first"}
            </span>
          </p>
          <ul>
            {changes.map(({ path, variant, says, breaks }) => (
              <li key={`${variant} ${path} ${says}`} className={breaks ? "bad" : undefined}>
                <code>{path}</code> {says}
                {variant && <span className="soft"> ({variant})</span>}
                {breaks && <b> breaks what is there</b>}
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  </Panel>
);

const Copied = ({ title, text }: { title: string; text: string }) => (
  <Panel title={title} aside={<Copy text={text} />}>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
    <pre className="contracts-pre" tabIndex={0}>
      {text}
    </pre>
  </Panel>
);

type OneProps = { topic: string; query: string };

/** One contract: what its records say, field by field, who writes and reads it, its versions. */
export const One = ({ topic, query }: OneProps) => {
  const path = `/contracts/${encodeURIComponent(topic)}`;
  const { data, fault, loading, again } = useAnswer<ContractAnswer>(path);
  const [version, setVersion] = useUrlValue("version");
  const of = data?.topic === topic ? data : undefined;
  if (fault) return <Fault fault={fault} again={again} />;
  if (loading || of === undefined)
    return (
      <Panel title={topic}>
        <Skeleton rows={12} />
      </Panel>
    );
  const shown = of.history.find((one) => one.version === version) ?? of.history[0];
  return (
    <div className="contracts-one">
      <Panel
        title={topic}
        aside={<Link href={`/topics/${encodeURIComponent(topic)}`}>Its messages</Link>}
      >
        <div className="panel-body">
          <p className="contracts-says">{of.says}</p>
          <Facts of={of} />
        </div>
      </Panel>
      <Panel
        title="Fields"
        aside={
          of.history.length > 1 ? (
            <Filter
              label="Version"
              choices={of.history.map((one) => ({ value: one.version, name: `v${one.version}` }))}
              value={shown.version}
              onChange={(next) => setVersion(next === of.version ? "" : next)}
            />
          ) : (
            `version ${of.version}`
          )
        }
      >
        {shown ? (
          <Fields fields={shown.fields} query={query} />
        ) : (
          <Empty says="Its value is no JSON: the example shows all of it." />
        )}
      </Panel>
      <Copied title="Example" text={JSON.stringify(of.example, null, 2)} />
      {of.example_header && <Copied title="Header of the example, bw" text={of.example_header} />}
      {of.history.length > 0 && <Versions of={of} />}
      {of.schema !== null && (
        <Copied title="JSON Schema" text={JSON.stringify(of.schema, null, 2)} />
      )}
    </div>
  );
};
