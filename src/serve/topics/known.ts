import type { Contract } from "../../events/contract.ts";
import { deadLetters, lateEvents } from "../../events/topics.ts";
import type { RawMessage } from "../../stream/kafka.ts";
import { inSpace } from "../../stream/space.ts";
import type { Topic } from "../../stream/topic.ts";
import type { Topology } from "../../stream/topology.ts";
import type { MaskNode } from "../masked.ts";
import type { Reading } from "./decode.ts";

/** Somebody who writes or reads a topic, by the map. */
export type Party = {
  readonly name: string;
  readonly kind: "ingest" | "processor" | "sink";
  readonly role: string | null;
  readonly group: string | null;
};

/** A topic as the map knows it. Changelogs have no contract. */
export type KnownTopic = {
  readonly name: string;
  readonly topic: Topic;
  readonly contract: Contract<unknown> | undefined;
  readonly kind: "events" | "engine" | "changelog";
  readonly writers: readonly Party[];
  readonly readers: readonly Party[];
};

const isContract = (topic: Topic): boolean => "says" in topic;

/** Every topic of the map, by its name without the space. */
export const knownTopics = ({ topics, nodes, edges }: Topology): Map<string, KnownTopic> => {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const partyOf = (id: string): Party[] => {
    const node = byId.get(id);
    if (node?.kind !== "ingest" && node?.kind !== "processor" && node?.kind !== "sink") return [];
    const { name, kind, role = null, group } = node;
    return [{ name, kind, role, group: group ?? (kind === "sink" ? `${name}-group` : null) }];
  };
  return new Map(
    topics.map((topic) => {
      const contract = isContract(topic) ? (topic as unknown as Contract<unknown>) : undefined;
      const id = `${contract ? "topic" : "changelog"}:${topic.name}`;
      const kind = !contract ? "changelog" : contract.audit === "none" ? "engine" : "events";
      const writers = edges.flatMap(({ from, to }) => (to === id ? partyOf(from) : []));
      const readers = edges.flatMap(({ from, to }) => (from === id ? partyOf(to) : []));
      return [topic.name, { name: topic.name, topic, contract, kind, writers, readers }];
    }),
  );
};

/** A schema as plain data, which a worker can be sent. */
const plain = (json: unknown): MaskNode => JSON.parse(JSON.stringify(json)) as MaskNode;

/**
 * How the values of each topic are read. Records that others could not use lie on topics of the
 * engine with what they held before, so they are masked by the contract of where they came from.
 */
export class Readings {
  readonly #topics: ReadonlyMap<string, KnownTopic>;
  readonly #space: string;
  readonly #known = new Map<string, Reading>();

  constructor(topics: ReadonlyMap<string, KnownTopic>, space: string) {
    this.#topics = topics;
    this.#space = space;
  }

  /** Under the name that `nameFor` gives. */
  named(name: string): Reading {
    let found = this.#known.get(name);
    if (found === undefined) {
      found = this.#make(name);
      this.#known.set(name, found);
    }
    return found;
  }

  /** The name of the reading of a record of this topic. */
  nameFor(topic: string, message: Pick<RawMessage, "headers" | "value">): string {
    if (topic === deadLetters.name) {
      const why = message.headers?.find((header) => "dead" in header)?.dead;
      return this.#bare(why && fieldOf(why, "topic"));
    }
    if (topic !== lateEvents.name || message.value === null) return topic;
    const origin = fieldOf(message.value, "origin")?.replace(/-\d+-\d+$/, "");
    return `${topic}<${this.#bare(origin)}`;
  }

  /** Every name that `nameFor` may give for a record of this topic. */
  namesFor(topic: string): string[] {
    const all = ["", ...this.#topics.keys()];
    if (topic === deadLetters.name) return all;
    return topic === lateEvents.name ? [topic, ...all.map((name) => `${topic}<${name}`)] : [topic];
  }

  #bare(full: string | undefined): string {
    if (full === undefined) return "";
    const prefix = inSpace(this.#space, "");
    return full.startsWith(prefix) ? full.slice(prefix.length) : full;
  }

  #make(name: string): Reading {
    const [own, within] = name.split("<");
    const contract = this.#topics.get(own)?.contract;
    if (contract === undefined || contract.name === deadLetters.name) return {};
    if (contract.json === undefined) return { number: typeof contract.example === "number" };
    const json = plain(contract.json);
    if (own !== lateEvents.name) return { json };
    const event = this.#topics.get(within ?? "")?.contract?.json;
    const masking = event ? plain(event) : { personal: true };
    return { json: { ...json, properties: { ...json.properties, event: masking } } };
  }
}

const fieldOf = (bytes: Buffer, field: string): string | undefined => {
  try {
    const value = (JSON.parse(bytes.toString("utf8")) as Record<string, unknown> | null)?.[field];
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
};
