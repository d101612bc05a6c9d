import type { AdminPort } from "./admin.ts";
import type { RawMessage } from "./kafka.ts";
import { partitionKey } from "./partition.ts";
import type { BroadcastSpec, Processor } from "./processor.ts";
import { inSpace } from "./space.ts";
import { Fetcher } from "./wire/fetcher.ts";

/**
 * Topics that every task reads whole, such as policies. `views` is ready once each was read to its
 * end and nothing is missing; later changes are folded in as they come. A change never alters what
 * is in flight: its document says from which event time on it holds, some seconds ahead.
 */
export class Broadcasts {
  /** One property for each broadcast: its view. */
  readonly views: Record<string, unknown> = {};
  readonly #specs: [string, BroadcastSpec<unknown>][];
  readonly #entries = new Map<string, Map<string, unknown>>();
  readonly #byTopic = new Map<string, string>();
  readonly #waiting = new Map<string, number>();
  #fetcher: Fetcher | undefined;
  #following: Promise<void> | undefined;
  #closed = false;
  /** What a view threw; the runner stops with it. */
  broken: unknown;

  constructor(processor: Processor) {
    this.#specs = Object.entries(processor.broadcast ?? {});
  }

  /** Reads every topic to its end; later changes are followed in the background. */
  async open(bootstrap: string, space: string, admin: AdminPort): Promise<void> {
    if (this.#specs.length === 0) return;
    const parts = this.#specs.flatMap(([name, { topic }]) => {
      const full = inSpace(space, topic.name);
      this.#byTopic.set(full, name);
      this.#entries.set(name, new Map());
      return Array.from({ length: topic.partitions }, (_, partition) => ({
        topic: full,
        partition,
      }));
    });
    for (const [key, end] of await admin.endOffsets(parts)) this.#waiting.set(key, end);
    const fetcher = new Fetcher({ bootstrap, waitMs: 500 });
    this.#fetcher = fetcher;
    fetcher.add(parts.map((part) => ({ ...part, offset: -1 })));
    while (this.#waiting.size > 0) await this.#read(fetcher);
    for (const [name] of this.#specs) this.#fold(name);
    this.#following = this.#follow(fetcher);
  }

  async #read(fetcher: Fetcher): Promise<Set<string>> {
    const changed = new Set<string>();
    const batch = await fetcher.consume(1_000, 100);
    for (const message of batch.messages) changed.add(this.#apply(message));
    for (const end of batch.ends) {
      const key = partitionKey(end);
      if (end.offset >= (this.#waiting.get(key) ?? 0)) this.#waiting.delete(key);
    }
    return changed;
  }

  #apply(message: RawMessage): string {
    const name = this.#byTopic.get(message.topic) as string;
    const spec = this.#specs.find(([own]) => own === name)?.[1] as BroadcastSpec<unknown>;
    const key = message.key?.toString("utf8") ?? "";
    const entries = this.#entries.get(name) as Map<string, unknown>;
    if (message.value === null) entries.delete(key);
    else
      try {
        entries.set(key, spec.topic.read(message.value));
      } catch {
        // A document that breaks its contract never replaces one that keeps it.
      }
    return name;
  }

  #fold(name: string): void {
    const spec = this.#specs.find(([own]) => own === name)?.[1] as BroadcastSpec<unknown>;
    this.views[name] = spec.view(this.#entries.get(name) as Map<string, unknown>);
  }

  async #follow(fetcher: Fetcher): Promise<void> {
    while (!this.#closed) {
      try {
        for (const name of await this.#read(fetcher)) this.#fold(name);
      } catch (thrown) {
        if (this.#closed) return;
        this.broken = thrown;
        return;
      }
    }
  }

  /** What work still waits for, in words; undefined when everything is there. */
  get waitsFor(): string | undefined {
    for (const [name, spec] of this.#specs) {
      const missing = spec.waitsFor?.(this.views[name]);
      if (missing !== undefined) return missing;
    }
    return undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#following;
    this.#fetcher?.close();
  }
}
