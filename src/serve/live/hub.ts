import type { IncomingHttpHeaders } from "node:http";
import type { RawData, WebSocket } from "ws";
import { dashboardUpdates, panelNames } from "../../events/dashboard.ts";
import type { RawMessage } from "../../stream/kafka.ts";
import type { PanelName } from "../messages/live.ts";
import { LiveClient } from "./client.ts";
import { PanelFeed } from "./feed.ts";

/**
 * Sends panels to everybody who looks at them. A client is not queued for: of each panel it is
 * known up to which place it has it, and at most four times a second it is sent, in one message,
 * what came since, each entry once and as it is now. So however fast a panel changes and however
 * slowly a client reads, nothing is kept for it but that place, and it never lacks an entry.
 */
export type HubLimits = {
  /** The least time between two messages of a panel to one client. */
  everyMs: number;
  bufferMaxBytes: number;
  /** A client that stays full for so long is let go. */
  slowMaxMs: number;
  pingMs: number;
  clientsMost: number;
  /** So many of them under one name, as windows that one person has open. */
  ownClientsMost: number;
};

export const usualLimits: HubLimits = {
  everyMs: 250,
  bufferMaxBytes: 1_000_000,
  slowMaxMs: 30_000,
  pingMs: 15_000,
  clientsMost: 1_000,
  ownClientsMost: 20,
};

type Beat = { at: number; timer: NodeJS.Timeout | undefined };

export class Hub {
  readonly #limits: HubLimits;
  readonly clients = new Set<LiveClient>();
  #feeds = new Map<PanelName, PanelFeed>();
  readonly #beats = new Map<PanelName, Beat>();
  readonly #looking: readonly NodeJS.Timeout[];
  /** Whether everything that was there at the start has been read. */
  #ready = false;
  sent = 0;
  slow = 0;

  constructor(limits: HubLimits) {
    this.#limits = limits;
    for (const panel of panelNames) this.#beats.set(panel, { at: 0, timer: undefined });
    this.#looking = [
      setInterval(() => this.#ping(), limits.pingMs),
      setInterval(() => this.#leaveSlow(), limits.slowMaxMs / 4),
    ];
  }

  /** The topic begins at this place, or begins anew. */
  begin(first: number): void {
    const isAnother = this.#feeds.size > 0;
    this.#ready = false;
    this.#feeds = new Map(panelNames.map((panel) => [panel, new PanelFeed(panel, first)]));
    if (!isAnother) return;
    for (const { panels } of this.clients)
      for (const subscription of panels.values()) subscription.has = undefined;
  }

  caughtUp(): void {
    this.#ready = true;
    for (const panel of panelNames) this.#due(panel);
  }

  take(messages: readonly RawMessage[]): void {
    const changed = new Set<PanelName>();
    for (const { offset, value } of messages) {
      if (value === null) continue;
      try {
        const update = dashboardUpdates.read(value);
        this.#feeds.get(update.panel)?.take(offset + 1, update.id, update.value);
        changed.add(update.panel);
      } catch {
        // Not ours: another release may know panels that this one does not.
      }
    }
    if (this.#ready) for (const panel of changed) this.#due(panel);
  }

  get isFull(): boolean {
    return this.clients.size >= this.#limits.clientsMost;
  }

  /** The most that any client still has to be sent. */
  get bufferedMost(): number {
    let most = 0;
    for (const { buffered } of this.clients) most = Math.max(most, buffered);
    return most;
  }

  /** `name`: whose it is; undefined for a program that has none, which counts for nobody. */
  add(socket: WebSocket, headers: IncomingHttpHeaders, name: string | undefined): void {
    const client = new LiveClient(socket, { headers, name }, this.#limits.bufferMaxBytes);
    // What is told there is told to `close` as well.
    socket.on("error", () => {});
    if (name !== undefined && this.#ownedBy(name) >= this.#limits.ownClientsMost) {
      client.part("crowded");
      return;
    }
    this.clients.add(client);
    socket.on("close", () => this.clients.delete(client));
    socket.on("message", (data, isBinary) => this.#hear(client, data, isBinary));
  }

  #ownedBy(name: string): number {
    let owned = 0;
    for (const client of this.clients) if (client.name === name) owned++;
    return owned;
  }

  #hear(client: LiveClient, data: RawData, isBinary: boolean): void {
    if (!client.isOpen) return;
    const said = client.read(data, isBinary, performance.now());
    if (said === undefined) return;
    if (said.type === "unsubscribe") client.panels.delete(said.panel);
    else {
      client.panels.set(said.panel, { has: said.after, sentAt: Number.NEGATIVE_INFINITY });
      if (this.#ready) this.#due(said.panel, 0);
    }
  }

  /** A panel has something to send: at once, if the last time is long enough ago. */
  #due(panel: PanelName, atLeastMs?: number): void {
    const beat = this.#beats.get(panel)!;
    const wait = atLeastMs ?? beat.at + this.#limits.everyMs - performance.now();
    if (beat.timer !== undefined) {
      if (atLeastMs === undefined) return;
      clearTimeout(beat.timer);
    }
    beat.timer = setTimeout(
      () => {
        beat.timer = undefined;
        this.#deliver(panel, beat);
      },
      Math.max(0, wait),
    );
  }

  #deliver(panel: PanelName, beat: Beat): void {
    const feed = this.#feeds.get(panel);
    if (!feed || !this.#ready) return;
    const now = performance.now();
    beat.at = now;
    const messages = new Map<number | undefined, Buffer>();
    const of = (has: number | undefined): Buffer => {
      const made = messages.get(has) ?? Buffer.from(feed.message(panel, has));
      messages.set(has, made);
      return made;
    };
    let isLeft = false;
    for (const client of this.clients) {
      const subscription = client.panels.get(panel);
      if (!client.isOpen || !subscription || subscription.has === feed.newest) continue;
      const isEarly = now - subscription.sentAt < this.#limits.everyMs - 1;
      if (isEarly || !client.send(of(subscription.has), now)) {
        isLeft = true;
        continue;
      }
      subscription.has = feed.newest;
      subscription.sentAt = now;
      this.sent++;
    }
    if (isLeft) this.#due(panel);
  }

  /** Lets those go that are gone; a ping would come too late to one that still has much to read. */
  #ping(): void {
    for (const client of this.clients)
      if (client.isOpen && client.fullSince === undefined && !client.ping())
        client.socket.terminate();
  }

  #leaveSlow(): void {
    const since = performance.now() - this.#limits.slowMaxMs;
    for (const client of this.clients)
      if (client.isOpen && (client.fullSince ?? Number.POSITIVE_INFINITY) < since) {
        this.slow++;
        client.part("slow");
      }
  }

  close(): void {
    for (const timer of this.#looking) clearInterval(timer);
    for (const { timer } of this.#beats.values()) clearTimeout(timer);
    for (const client of this.clients) client.part("stopping");
  }
}
