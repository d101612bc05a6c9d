import { Compile } from "typebox/compile";
import { failure } from "../../errors.ts";
import type { Contract } from "../../events/contract.ts";
import { admit } from "../../stream/admit.ts";
import { ingestId } from "../../stream/ids.ts";
import { partitionOf } from "../../stream/partition.ts";
import type { Topic } from "../../stream/topic.ts";
import { openWriter, type Writer } from "../../stream/writer.ts";
import { mask } from "../masked.ts";
import type { ProducedAnswer } from "../messages/topics.ts";
import type { KnownTopic } from "./known.ts";

export type Produce = {
  readonly key: string | undefined;
  readonly value: unknown;
  readonly by: string;
  /** Whether it is written; else it is only checked. */
  readonly confirm: boolean;
};

/** The part of the API that takes events in: what it may write, a person may write by hand. */
const wayIn = "http";

/** Why nobody may write to this topic by hand; null: it takes events from outside. */
export const refusalOf = ({ name, kind, writers }: KnownTopic): string | null => {
  const processors = writers.filter(({ kind }) => kind === "processor");
  if (kind === "changelog")
    return (
      `${name} is the memory of ${writers[0]?.name ?? "a processor"}, which alone may write it: ` +
      "anything else would change what it knows of customers."
    );
  if (processors.length > 0) {
    const names = processors.map((one) => one.name).join(" and ");
    return (
      `${name} is written by ${names} alone: a record by hand would count as something that was ` +
      "computed."
    );
  }
  if (writers.some((one) => one.name === wayIn)) return null;
  const names = writers.map((one) => one.name).join(", ");
  return names === ""
    ? `${name} takes no records by hand: commands and screens of its own write it.`
    : `${name} is written by ${names} alone.`;
};

type Faults = ProducedAnswer["faults"];

const fieldOf = (path: string): string => path.slice(1).replaceAll("/", ".") || "value";

const maskedFields = (value: unknown, { personal }: Contract<unknown>): Faults =>
  personal.flatMap((path) => {
    const at = path.split(".").reduce<unknown[]>(
      (values, part) =>
        values.flatMap((one) => {
          const of = one as Record<string, unknown> | unknown[] | null | undefined;
          if (part === "*") return Array.isArray(of) ? of : [];
          return of && !Array.isArray(of) ? [of[part]] : [];
        }),
      [value],
    );
    return at.includes(mask)
      ? [{ field: path, says: "It is masked: give what it stands for, or leave it out." }]
      : [];
  });

/** Everything that is wrong with a value, field by field; then what only all of it shows. */
const faultsOf = (contract: Contract<unknown>, value: unknown, key: string | undefined): Faults => {
  const compiled = contract.json && Compile(contract.json);
  const bySchema = (compiled ? compiled.Errors(value) : []).map(({ instancePath, message }) => ({
    field: fieldOf(instancePath),
    says: `It ${message}.`,
  }));
  if (bySchema.length > 0) return bySchema;
  const masked = maskedFields(value, contract);
  if (masked.length > 0) return masked;
  const bytes = Buffer.from(JSON.stringify(value));
  const record = { key: key ?? keyIn(contract, value), header: undefined, appendTime: Date.now() };
  const admission = admit(contract as Topic, { ...record, value: bytes }, recordMaxBytes);
  if (admission.reason === undefined) return [];
  const isKey = admission.reason === "key_mismatch" || admission.reason === "key_missing";
  return [{ field: isKey ? "key" : "value", says: `${admission.detail}`.replace(/\.?$/, ".") }];
};

const recordMaxBytes = 1_000_000;

const keyIn = (contract: Contract<unknown>, value: unknown): string | null =>
  contract.keyOf?.(value) ?? null;

/** Writes single records by hand, under the name of who did. */
export class ProduceDesk {
  readonly #options: { bootstrap: string; space: string };
  #writer: Promise<Writer> | undefined;

  constructor(options: { bootstrap: string; space: string }) {
    this.#options = options;
  }

  /** Checks a record, and writes it if that is asked and nothing is wrong. Throws TOPIC_CLOSED. */
  async take(about: KnownTopic, asked: Produce): Promise<ProducedAnswer> {
    const refused = refusalOf(about);
    const { contract } = about;
    if (refused !== null || contract === undefined)
      throw failure("TOPIC_CLOSED", refused ?? `${about.name} has no contract.`);
    const { value, confirm, by } = asked;
    const faults = faultsOf(contract, value, asked.key);
    if (faults.length > 0) return { written: false, key: null, partition: null, faults };
    const key = asked.key ?? (keyIn(contract, value) as string);
    const partition = partitionOf(key, contract.partitions);
    if (confirm) await this.#write(contract as Topic, key, value, by);
    return { written: confirm, key, partition, faults };
  }

  async #write(topic: Topic, key: string, value: unknown, by: string): Promise<void> {
    try {
      this.#writer ??= openWriter({
        ...this.#options,
        source: "console@1",
        lingerMs: 0,
        deliveryMaxMs: 5_000,
      });
      const writer = await this.#writer;
      const origin = `console-${ingestId(Date.now())}`;
      await writer.send(topic, key, value, { origin, headers: { by } });
      await writer.flush();
    } catch {
      void this.#writer?.then((writer) => writer.close()).catch(() => {});
      this.#writer = undefined;
      throw failure("BROKER_AWAY");
    }
  }

  async close(): Promise<void> {
    await (await this.#writer?.catch(() => undefined))?.close();
  }
}
