import { addressIn, type Channel } from "./channel.ts";

/** Calls that people make: the call list takes them, in the ledger's own transaction. */
export const phoneChannel: Channel = {
  name: "phone",
  provider: "call list",
  idempotent: true,
  simulated: false,
  addressOf: (to) => addressIn(to, "phone"),
};
