import Type, { type Static } from "typebox";

/**
 * The platform around the product, as a file that users replace by their own: which components
 * there are, in which layers, what flows between them, and scenarios that walk through them. The
 * product's own part has the same form, and is computed from the map instead.
 */
const closed = { additionalProperties: false } as const;
const words = (max = 200, more: Record<string, unknown> = {}) =>
  Type.String({ minLength: 1, maxLength: max, ...more });
const list = (more: Record<string, unknown> = {}) => Type.Array(words(300), more);
const id = words(120, { pattern: "^[a-z0-9][a-z0-9:._-]*$", description: "Unique in the file" });
const color = Type.String({ pattern: "^#[0-9A-Fa-f]{6}$", description: "#RRGGBB" });
const oneOf = <const L extends readonly string[]>(names: L) =>
  Type.Unsafe<L[number]>({ type: "string", enum: [...names] });

const badges = [
  "container",
  "microservice",
  "managed",
  "external",
  "process",
  "topic",
  "embedded",
] as const;

const platformLayer = Type.Object(
  {
    id,
    order: Type.Integer({ minimum: 1, maximum: 99, description: "From left to right" }),
    name: words(60),
    color,
    icon: words(40),
    says: Type.Optional(words()),
  },
  closed,
);
export type PlatformLayer = Static<typeof platformLayer>;

const platformComponent = Type.Object(
  {
    id,
    layer: id,
    name: words(60),
    icon: words(40),
    color,
    badge: oneOf(badges),
    description: words(600),
    owner: words(60),
    protocols_in: list(),
    protocols_out: list(),
    database_operations: list(),
    functions: Type.Array(Type.Object({ name: words(80), says: words(300) }, closed)),
    api_calls: list(),
    topics: list({ description: "That it writes or reads" }),
    ports: Type.Array(Type.Integer({ minimum: 1, maximum: 65_535 })),
    log_folder: Type.Optional(words()),
    people: Type.Optional(
      Type.Boolean({ description: "People stand between what comes to it and what it asks for" }),
    ),
    keeps: Type.Optional(
      words(300, { description: "What waits in it while somebody who takes from it is away" }),
    ),
    retired: Type.Optional(Type.Object({ by: words(), since: words(), says: words(600) }, closed)),
    facts: Type.Optional(
      Type.Array(Type.Object({ name: words(60), value: words(400) }, closed), {
        description: "What else is worth knowing",
      }),
    ),
    same_as: Type.Optional(words(120, { description: "What this is in the product's own part" })),
  },
  closed,
);
export type PlatformComponent = Static<typeof platformComponent>;

const flowKinds = ["stream", "call", "store"] as const;
const platformFlow = Type.Object(
  {
    from: id,
    to: id,
    kind: oneOf(flowKinds),
    protocol: words(60),
    topics: list(),
    says: words(300),
    quiet: Type.Optional(
      Type.Boolean({ description: "Drawn only when one of its ends is looked at" }),
    ),
  },
  closed,
);
export type PlatformFlow = Static<typeof platformFlow>;

const scenarioStep = Type.Object(
  {
    from: id,
    to: id,
    says: words(400),
    topic: Type.Optional(words(120)),
    message: Type.Optional(Type.Unknown({ description: "An example of what travels" })),
    takes_ms: Type.Number({ minimum: 0, maximum: 86_400_000 }),
  },
  closed,
);

const platformScenario = Type.Object(
  {
    id,
    name: words(80),
    says: words(400),
    steps: Type.Array(scenarioStep, { minItems: 1, maxItems: 60 }),
  },
  closed,
);
export type PlatformScenario = Static<typeof platformScenario>;

export const platformFile = Type.Object(
  {
    name: words(80),
    says: words(400),
    layers: Type.Array(platformLayer, { minItems: 1, maxItems: 30 }),
    components: Type.Array(platformComponent, { minItems: 1, maxItems: 400 }),
    flows: Type.Array(platformFlow, { maxItems: 2_000 }),
    scenarios: Type.Array(platformScenario, { maxItems: 40 }),
  },
  closed,
);
export type Platform = Static<typeof platformFile>;
