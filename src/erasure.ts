import type pg from "pg";
import { failure } from "./errors.ts";
import { askErasure } from "./ingest/profiles.ts";
import type { FourEyesAct, Wish } from "./serve/approvals.ts";
import type { Role } from "./serve/permissions.ts";
import { readingTables } from "./serve/vectors.ts";
import { erasableIn } from "./sink/postgres/erasable.ts";

/** Erasing a customer for good: one person asks for it, and a second agrees. */
export const erasers: readonly Role[] = ["lead", "auditor"];

export type ErasureWish = { readonly customer: string; readonly reason: string };

const checkCustomer = async (pool: pg.Pool, customer: string): Promise<void> => {
  for (const table of await erasableIn(pool)) {
    const { rowCount } = await pool.query(`select 1 from ${table} where customer_id = $1 limit 1`, [
      customer,
    ]);
    if (rowCount === 1) return;
  }
  throw failure("CUSTOMER_UNKNOWN", customer);
};

/** What is put before the second person. Throws CUSTOMER_UNKNOWN, READ_MODEL_AWAY. */
export const erasureWish = async (pool: pg.Pool, what: ErasureWish): Promise<Wish> => {
  const { customer, reason } = what;
  await readingTables(() => checkCustomer(pool, customer));
  return { act: "erase", what, effect: `erase ${customer} from everything, for good: ${reason}` };
};

/** Leaves the command to the space's writer of profiles, once for each approval. */
export const eraseAct = (pool: pg.Pool): FourEyesAct => ({
  act: "erase",
  roles: erasers,
  about: (what) => (what as ErasureWish).customer,
  carryOut: async (what, { approvalId, askedBy: by, agreedBy }) => {
    const asked = { ...(what as ErasureWish), by, agreedBy, approvalId };
    const command = await readingTables(() => askErasure(pool, asked));
    return `Command ${command}: the tombstone follows, and everything forgets as it reads it.`;
  },
});
