import type { Say } from "../../db.ts";
import type { Channel } from "./channel.ts";

/** Stands in for a channel that is not set up, or not in this space: nothing leaves the house. */
export const logChannel = (name: string, say: Say): Channel => ({
  name,
  provider: "log",
  idempotent: true,
  simulated: true,
  addressOf: () => null,
  send: async ({ id, priority, language }) => {
    say(`Simulated: ${name} ${id}, priority ${priority}, in ${language}.`);
    return { said: "accepted" };
  },
});
