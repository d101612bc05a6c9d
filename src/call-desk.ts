import type pg from "pg";
import type { CallDesk } from "./serve/routes/calls.ts";
import { listUnknown, sendAgain } from "./sink/notify/again.ts";
import { openCallList } from "./sink/notify/call-list.ts";
import type { Templates } from "./sink/notify/templates.ts";

/** Calls, and doubts about messages, for people with a key. */
export const callDesk = (pool: pg.Pool, templates: Templates, now = Date.now): CallDesk => ({
  ...openCallList({ pool, templates, now }),
  unknown: () => listUnknown(pool),
  sendAgain: (id, person) => sendAgain(pool, { id, person, now: now() }),
});
