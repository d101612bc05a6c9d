import { failure } from "../errors.ts";
import type { Contract } from "../events/contract.ts";
import { unitFor, wordsFor } from "../events/field-words.ts";
import { changesBetween } from "../rules/schema/changes.ts";
import { type Field, fieldsOf, type SchemaNode } from "../rules/schema/fields.ts";
import { plainSchema } from "../rules/schema/plain.ts";
import { writeHeader } from "../stream/header.ts";
import { mintId, traceOf } from "../stream/ids.ts";
import { inSpace } from "../stream/space.ts";
import type { Node, Topology } from "../stream/topology.ts";
import type {
  ContractAnswer,
  ContractListed,
  FieldAnswer,
  PartyAnswer,
} from "./messages/contracts.ts";

/** A version of a schema as it was published. */
export type PublishedSchema = { readonly version: string; readonly schema: SchemaNode };

export type ContractsOptions = {
  contracts: readonly Contract<unknown>[];
  topology: Topology;
  space: string;
  /** The groups of the space, by full names. */
  groups: ReadonlySet<string>;
  /** Every published version by topic, the oldest first. */
  published: ReadonlyMap<string, readonly PublishedSchema[]>;
};

const fieldOf =
  (topic: string) =>
  (field: Field): FieldAnswer => ({
    ...field,
    values: field.values && [...field.values],
    unit: field.type === "money" ? "whole units of the currency" : unitFor(field.path),
    says: field.says ?? wordsFor(topic, field.path),
  });

/**
 * The group by which a part of the map reads, without the space; undefined: it keeps its place by
 * itself.
 */
export const groupOf = (
  node: Node,
  { space, groups }: Pick<ContractsOptions, "space" | "groups">,
): string | undefined => {
  const own = node.group ?? (node.kind === "sink" ? `${node.name}-group` : undefined);
  return own && groups.has(inSpace(space, own)) ? own : undefined;
};

/** Who writes or reads a topic, by the map. */
const partiesOf = (
  options: ContractsOptions,
  topic: string,
): { producers: PartyAnswer[]; consumers: PartyAnswer[] } => {
  const { nodes, edges } = options.topology;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const id = `topic:${topic}`;
  const party = (node: Node | undefined, how: string): PartyAnswer[] => {
    if (node?.kind !== "ingest" && node?.kind !== "processor" && node?.kind !== "sink") return [];
    const reads = node.kind !== "ingest" && (how === "reads" || how === "ticks");
    const group = (reads && groupOf(node, options)) || null;
    return [{ name: node.name, kind: node.kind, role: node.role ?? "", group, how }];
  };
  return {
    producers: edges.flatMap(({ from, to, kind }) =>
      to === id ? party(byId.get(from), kind) : [],
    ),
    consumers: edges.flatMap(({ from, to, kind }) =>
      from === id ? party(byId.get(to), kind) : [],
    ),
  };
};

/** The example as JSON can bear it: a value in bytes is shown as text. */
export const exampleOf = ({ example }: Contract<unknown>): unknown =>
  Buffer.isBuffer(example) ? example.toString("utf8") : example;

/** A header such as the record of the example bears; undefined where records have none. */
export const exampleHeader = (contract: Contract<unknown>): string | undefined => {
  if (!contract.envelope) return undefined;
  const { name, example, schema } = contract;
  const eventTime = contract.timeOf(example) ?? Date.parse("2024-01-15T10:30:00Z");
  const id = mintId(name, "example", 0);
  return writeHeader({
    id,
    type: contract.typeOf(example),
    source: `${contract.owner}@1`,
    schema,
    origin: "transactions-stream-3-1207",
    eventTime,
    ingestTime: eventTime + 1_000,
    trace: traceOf(id),
  });
};

const versionsOf = (contract: Contract<unknown>, { published }: ContractsOptions) => {
  const known = published.get(contract.name) ?? [];
  if (!contract.json || known.some(({ version }) => version === contract.schema)) return known;
  return [...known, { version: contract.schema, schema: plainSchema(contract.json) as SchemaNode }];
};

const plainFacts = (contract: Contract<unknown>, options: ContractsOptions) => ({
  topic: contract.name,
  says: contract.says,
  key: contract.key,
  owner: contract.owner,
  version: contract.schema,
  versions: Math.max(1, versionsOf(contract, options).length),
  type: contract.typeOf(contract.example),
  partitions: contract.partitions,
  compacted: contract.compacted,
  retention_ms: contract.compacted ? null : contract.retentionMs,
  header: contract.envelope,
  tombstones: contract.tombstones,
  audit: contract.audit,
  door: contract.door,
  personal: [...contract.personal],
  ...partiesOf(options, contract.name),
});

const fieldsIn = ({ json, name }: Contract<unknown>): FieldAnswer[] =>
  json ? fieldsOf(json as SchemaNode).map(fieldOf(name)) : [];

/** Every contract, with its fields in few words. */
export const listContracts = (options: ContractsOptions): ContractListed[] =>
  options.contracts.map((contract) => ({
    ...plainFacts(contract, options),
    fields: fieldsIn(contract).map(({ path, type, personal, says }) => ({
      path,
      type,
      personal,
      says,
    })),
  }));

/** One contract with all that is known of it, and how its versions differ. */
export const readContract = (options: ContractsOptions, topic: string): ContractAnswer => {
  const contract = options.contracts.find(({ name }) => name === topic);
  if (contract === undefined) throw failure("CONTRACT_UNKNOWN", topic);
  const versions = versionsOf(contract, options).map(({ version, schema }) => ({
    version,
    fields: fieldsOf(schema),
  }));
  return {
    ...plainFacts(contract, options),
    written_by: [...contract.writtenBy],
    read_by: [...contract.readBy],
    settings: { ...contract.config },
    schema: contract.json ? plainSchema(contract.json) : null,
    example: exampleOf(contract),
    example_header: exampleHeader(contract) ?? null,
    history: versions
      .map(({ version, fields }, place) => ({
        version,
        fields: fields.map(fieldOf(topic)),
        changes: place === 0 ? [] : changesBetween(versions[place - 1].fields, fields),
      }))
      .reverse(),
  };
};
