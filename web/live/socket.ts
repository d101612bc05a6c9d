import type { Entry, FromClient, FromServer, PanelName } from "../../src/serve/messages/live.ts";
import { ask } from "../api/ask.ts";
import { tell as toast } from "../parts/toast.tsx";

/**
 * The page's one socket. Panels are asked for while somebody shows them; what was sent is kept, so
 * that after a break only what is lacking is asked for.
 */
export type Shown = {
  entries: readonly Entry[];
  /** Whether the panel has been sent at all. */
  known: boolean;
  /** When it was last known to be live, in ms; null while it is. */
  staleSince: number | null;
};

type Panel = {
  entries: Map<string, Entry>;
  seq: number | undefined;
  listeners: Set<() => void>;
  shown: Shown;
};

/** As many as the charts show seconds, and more than a list shows. */
const entriesMost: Partial<Record<PanelName, number>> = { throughput: 900, latency: 900, lag: 900 };
const otherEntriesMost = 200;
const retryMs = [300, 700, 1_500, 3_000, 5_000];
/** Something is sent every second; after so long a silence nobody is there. */
const silenceMs = 6_000;
const lookEveryMs = 1_000;
/** A silent socket may be dead without saying so. */
const deadMs = 30_000;
const signedOutCode = 4_401;
/** As many windows as one person may have look on already: one of them may be closed by then. */
const crowdedCode = 4_429;
const crowdedRetryMs = 30_000;
const crowdedShownMs = 10_000;

const panels = new Map<PanelName, Panel>();
const never: Shown = { entries: [], known: false, staleSince: null };
let socket: WebSocket | undefined;
let attempt = 0;
let heardAt = Date.now();
let staleSince: number | null = null;
let isLooking = false;

const tell = (panel: Panel): void => {
  const known = panel.seq !== undefined;
  panel.shown = { entries: [...panel.entries.values()], known, staleSince };
  for (const listener of panel.listeners) listener();
};

const setStale = (since: number | null): void => {
  if (since === staleSince || (since !== null && staleSince !== null)) return;
  staleSince = since;
  for (const panel of panels.values()) tell(panel);
};

const say = (message: FromClient): void => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
};

const onUpdate = ({
  panel: name,
  seq,
  reset,
  entries,
}: Extract<FromServer, { type: "update" }>) => {
  const panel = panels.get(name);
  if (!panel) return;
  if (reset) panel.entries.clear();
  for (const entry of entries) panel.entries.set(entry.id, entry);
  const most = entriesMost[name] ?? otherEntriesMost;
  for (const id of panel.entries.keys()) {
    if (panel.entries.size <= most) break;
    panel.entries.delete(id);
  }
  panel.seq = seq;
  tell(panel);
};

const onMessage = (event: MessageEvent<string>): void => {
  const message = JSON.parse(event.data) as FromServer;
  if (message.type !== "update") return;
  heardAt = Date.now();
  setStale(null);
  onUpdate(message);
};

const onClose = (event: CloseEvent): void => {
  socket = undefined;
  setStale(heardAt);
  // A browser does not say why it was refused; the API does, and leads to where one signs in.
  if (event.code === signedOutCode || attempt > 0) void ask("/session").catch(() => {});
  const isCrowded = event.code === crowdedCode;
  if (isCrowded) toast(event.reason, undefined, crowdedShownMs);
  const wait = isCrowded ? crowdedRetryMs : retryMs[Math.min(attempt++, retryMs.length - 1)];
  setTimeout(connect, wait * (0.75 + Math.random() / 2));
};

const connect = (): void => {
  if (socket || panels.size === 0) return;
  const { protocol, host } = window.location;
  const opened = new WebSocket(`${protocol === "https:" ? "wss" : "ws"}://${host}/live`);
  socket = opened;
  opened.onopen = () => {
    attempt = 0;
    for (const [panel, { seq: after, listeners }] of panels)
      if (listeners.size > 0) say({ type: "subscribe", panel, after });
  };
  opened.onmessage = onMessage;
  opened.onclose = onClose;
};

const look = (): void => {
  const silent = Date.now() - heardAt;
  if (silent < silenceMs) return;
  setStale(heardAt);
  if (silent > deadMs && socket?.readyState === WebSocket.OPEN) {
    heardAt = Date.now();
    socket.close();
  }
};

/** What a panel holds as it changes. */
export const watchPanel = (name: PanelName, listener: () => void): (() => void) => {
  const panel: Panel = panels.get(name) ?? {
    entries: new Map(),
    seq: undefined,
    listeners: new Set(),
    shown: { entries: [], known: false, staleSince },
  };
  panels.set(name, panel);
  panel.listeners.add(listener);
  if (panel.listeners.size === 1) say({ type: "subscribe", panel: name, after: panel.seq });
  if (!isLooking) setInterval(look, lookEveryMs);
  isLooking = true;
  connect();
  return () => {
    panel.listeners.delete(listener);
    if (panel.listeners.size === 0) say({ type: "unsubscribe", panel: name });
  };
};

export const shownOf = (name: PanelName): Shown => panels.get(name)?.shown ?? never;
