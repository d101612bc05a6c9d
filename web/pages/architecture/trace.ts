import type { Hop, JourneyAnswer } from "../../../src/serve/messages/journey.ts";
import type { Graph, Scenario } from "./graph.ts";

export type Step = Scenario["steps"][number] & {
  /** From a real record, not from an example. */
  measured?: boolean;
};

/** Who on the picture wrote a hop, by the name in the record's header. */
const writerOf = (graph: Graph, by: string | null): string | undefined => {
  if (by === null) return undefined;
  const ids = [...graph.nodes.keys()];
  const named = ["processor", "ingest", "sink", "serve"].map((kind) => `${kind}:${by}`);
  return named.find((id) => graph.nodes.has(id)) ?? ids.find((id) => id.includes(`:${by}-`));
};

const stepsOf = (graph: Graph, hop: Hop, cause: Hop | undefined): Step[] => {
  const topic = hop.topic ?? undefined;
  const to = `topic:${topic}`;
  const from = writerOf(graph, hop.by);
  if (topic === undefined || from === undefined || !graph.nodes.has(to)) return [];
  const message = hop.message ?? undefined;
  const before = cause?.topic ? `topic:${cause.topic}` : undefined;
  const taken: Step[] =
    before !== undefined && graph.nodes.has(before)
      ? [
          {
            from: before,
            to: from,
            says: `${hop.by} takes ${cause?.says ?? "its cause"}, after it waited its turn.`,
            topic: cause?.topic ?? undefined,
            message: cause?.message ?? undefined,
            takes_ms: hop.waiting_ms ?? 0,
            measured: hop.waiting_ms !== null,
          },
        ]
      : [];
  const ended = hop.ended === null ? "" : ` ${hop.ended}`;
  const written: Step = {
    from,
    to,
    says: `${hop.says}: ${topic}-${hop.partition}-${hop.offset}.${ended}`,
    topic,
    message,
    takes_ms: hop.working_ms ?? 0,
    measured: hop.working_ms !== null,
  };
  return [...taken, written];
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
  const says = [journey.kind, ...journey.notes].join(". ");
  return { id: "trace", name: `Trace of ${journey.id}`, says, part: "own", steps };
};
