import type { Hop, JourneyAnswer } from "../../../src/serve/messages/journey.ts";
import type { Graph, Scenario } from "./graph.ts";

export type Step = Scenario["steps"][number] & {
  /** From a real record, not from an example. */
  measured?: boolean;
};

/** Who on the picture wrote a hop; else where records of its topic are declared to come in. */
const writerOf = ({ nodes, edges }: Graph, { message, topic }: Hop): string => {
  const writer = message?.writer;
  if (writer && nodes.has(writer)) return writer;
  const into = edges.filter(({ to }) => to === `topic:${topic}`);
  const declared = into.find(({ from }) => from.startsWith("ingest:")) ?? into[0];
  return declared?.from ?? `topic:${topic}`;
};

/** The group that a record was put back for, after it could not be used. */
const redrivenFor = ({ message }: Hop): string | undefined =>
  message?.headers.find(({ name }) => name === "redrive_for")?.value;

type Taken = { graph: Graph; hop: Hop; cause: Hop | undefined; from: string };

/** How a hop's cause came to whoever wrote the hop; undefined: it has no place on a topic. */
const takenStep = ({ graph, hop, cause, from }: Taken): Step | undefined => {
  const before = `topic:${cause?.topic}`;
  if (!cause?.topic || !graph.nodes.has(before)) return undefined;
  const group = redrivenFor(hop);
  const taken = group
    ? `A person puts ${cause.says} back, for ${group} alone.`
    : `${hop.by} takes ${cause.says}, after it waited its turn.`;
  return {
    from: before,
    to: from,
    says: taken,
    topic: cause.topic,
    message: cause.message ?? undefined,
    takes_ms: hop.waiting_ms ?? 0,
    measured: hop.waiting_ms !== null,
  };
};

const stepsOf = (graph: Graph, hop: Hop, cause: Hop | undefined): Step[] => {
  const topic = hop.topic ?? undefined;
  const to = `topic:${topic}`;
  if (topic === undefined || !graph.nodes.has(to)) return [];
  const from = writerOf(graph, hop);
  const taken = takenStep({ graph, hop, cause, from });
  const isDrawn = hop.message?.writer === from;
  const written: Step = {
    from,
    to,
    says: [
      `${hop.says}: ${topic}-${hop.partition}-${hop.offset}.`,
      ...(isDrawn ? [] : [`Written by ${hop.by ?? "nobody who says so"}.`]),
      ...(hop.ended === null ? [] : [hop.ended]),
    ].join(" "),
    topic,
    message: hop.message ?? undefined,
    takes_ms: hop.working_ms ?? 0,
    measured: hop.working_ms !== null,
  };
  return [...(taken ? [taken] : []), written];
};

/** What has no record to walk to: a deadline, or a cause that is kept nowhere any more. */
const unwalked = ({ state, id, event_at }: Hop): string[] => {
  if (state === "gone") return [`It begins behind ${id}, which is no longer kept`];
  if (state !== "timer") return [];
  return [`It begins with a deadline${event_at ? ` that was reached at ${event_at}` : ""}`];
};

/** A real record's way as a scenario: the same player walks it, with its true latencies. */
export const scenarioOfJourney = (graph: Graph, journey: JourneyAnswer): Scenario => {
  const byId = new Map(journey.hops.map((hop) => [hop.id, hop]));
  const told = new Set<string>();
  const steps = journey.hops.flatMap((hop) => {
    const all = stepsOf(graph, hop, hop.parent === null ? undefined : byId.get(hop.parent));
    const taking = `${hop.parent} ${hop.by}`;
    // What one writer makes of one record was taken once.
    const fresh = all.length > 1 && told.has(taking) ? all.slice(1) : all;
    told.add(taking);
    return fresh;
  });
  const says = [journey.kind, ...journey.hops.flatMap(unwalked), ...journey.notes].join(". ");
  return { id: "trace", name: `Trace of ${journey.id}`, says, part: "own", steps };
};
