import Type, { type Static } from "typebox";

const text = Type.String();
const words = Type.Array(text);
const orNull = Type.Union([text, Type.Null()]);
const numberOrNull = Type.Union([Type.Number(), Type.Null()]);
const anything = Type.Unsafe<unknown>({});

const fieldAnswer = Type.Object({
  path: Type.String({ description: "* stands for every element of a list" }),
  variant: Type.Union([text, Type.Null()], {
    description: "Of several kinds of value, the one that has this field",
  }),
  type: text,
  required: Type.Boolean(),
  nullable: Type.Boolean(),
  personal: Type.Boolean({ description: "Masked wherever it is shown" }),
  values: Type.Union([words, Type.Null()], { description: "Where only these are allowed" }),
  pattern: orNull,
  least: Type.Union([Type.Number(), Type.Null()], { description: "Or the least length" }),
  most: Type.Union([Type.Number(), Type.Null()], { description: "Or the greatest length" }),
  unit: orNull,
  says: orNull,
});
export type FieldAnswer = Static<typeof fieldAnswer>;

const partyAnswer = Type.Object({
  name: text,
  kind: Type.Unsafe<"ingest" | "processor" | "sink">({
    type: "string",
    enum: ["ingest", "processor", "sink"],
  }),
  role: Type.String({ description: "The role that runs it" }),
  group: Type.Union([text, Type.Null()], { description: "Without the space" }),
  how: Type.String({ description: "writes, reads, broadcast, ticks, clock, late, dead" }),
});
export type PartyAnswer = Static<typeof partyAnswer>;

const contract = {
  topic: text,
  says: Type.String({ description: "What a record says, in a sentence" }),
  key: Type.String({ description: "What the key is, in words" }),
  owner: text,
  version: text,
  versions: Type.Number({ description: "How many were published" }),
  type: Type.String({ description: "The type of event in the header" }),
  partitions: Type.Number(),
  compacted: Type.Boolean({ description: "The newest value of each key stays for ever" }),
  retention_ms: numberOrNull,
  header: Type.Boolean({ description: "Whether records carry the header bw" }),
  tombstones: Type.Boolean({ description: "Whether a null value is said too" }),
  audit: Type.Unsafe<"body" | "digest" | "none">({
    type: "string",
    enum: ["body", "digest", "none"],
    description: "What the audit log is to keep of a record: it is not built yet",
  }),
  door: Type.Boolean({
    description: "Whether personal data is to be masked before it is written here: not built yet",
  }),
  personal: Type.Array(text, { description: "Paths of personal fields" }),
  producers: Type.Array(partyAnswer),
  consumers: Type.Array(partyAnswer),
};
const contractListed = Type.Object({
  ...contract,
  fields: Type.Array(
    Type.Object({ path: text, type: text, personal: Type.Boolean(), says: orNull }),
  ),
});
export type ContractListed = Static<typeof contractListed>;
export const contractsAnswer = Type.Object({ contracts: Type.Array(contractListed) });
export type ContractsAnswer = Static<typeof contractsAnswer>;

const changeAnswer = Type.Object({
  path: text,
  variant: orNull,
  breaks: Type.Boolean({ description: "Records of the earlier version would not be understood" }),
  says: text,
});
export const contractAnswer = Type.Object({
  ...contract,
  written_by: Type.Array(text, { description: "As the contract names them" }),
  read_by: words,
  settings: Type.Unsafe<Record<string, string>>({
    type: "object",
    additionalProperties: { type: "string" },
  }),
  schema: anything,
  example: anything,
  example_header: orNull,
  history: Type.Array(
    Type.Object({
      version: text,
      fields: Type.Array(fieldAnswer),
      changes: Type.Array(changeAnswer, { description: "Since the version before" }),
    }),
    { description: "The newest first" },
  ),
});
export type ContractAnswer = Static<typeof contractAnswer>;
