import Type, { type Static } from "typebox";
import {
  type PanelName as Name,
  panelNames,
  type PanelValues as Values,
} from "../../events/dashboard.ts";

/**
 * What the console's socket says, both ways. A panel is a list of entries, each known by its id; an
 * entry sent again takes the place of the one before it. `seq` rises with every update of a panel:
 * who comes back names the last one it has, and is sent what it lacks, or all of it with `reset`.
 */
export type PanelName = Name;
/** What an entry of each panel holds. Times are ISO 8601 in UTC; an unknown figure is null. */
export type PanelValues = Values;

const panel = Type.Unsafe<PanelName>({ type: "string", enum: [...panelNames] });

export const fromClient = Type.Union([
  Type.Object(
    {
      type: Type.Literal("subscribe"),
      panel,
      after: Type.Optional(Type.Integer({ minimum: 0 })),
    },
    { additionalProperties: false },
  ),
  Type.Object({ type: Type.Literal("unsubscribe"), panel }, { additionalProperties: false }),
]);
export type FromClient = Static<typeof fromClient>;

export type Entry = { id: string; value: PanelValues[PanelName] };
export type FromServer =
  | { type: "update"; panel: PanelName; seq: number; reset: boolean; entries: Entry[] }
  | { type: "refused"; code: string; error: string; cure: string | null };
