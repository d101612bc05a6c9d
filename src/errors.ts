import { apiErrors } from "./api-errors.ts";

/**
 * Every error that a user may meet, declared once: a stable code, a sentence with the cure, whether
 * trying again can help, and the exit code of a command that ends with it (0 done, 1 failed,
 * 2 wrong settings or arguments, 3 fenced, 4 stopped on a bad release or a missing model).
 */
export type Declared = {
  says: (...facts: string[]) => string;
  /** The cure, where the API answers it apart; a sentence that has none contains its cure. */
  cure?: string;
  /** The status with which the API answers. */
  http?: number;
  retryable: boolean;
  exit: 1 | 2 | 3 | 4;
};

const declare = <T extends Record<string, Declared>>(errors: T): T => errors;

export const errors = declare({
  SETTINGS_WRONG: {
    says: (list) => `These settings cannot be used:\n${list}`,
    retryable: false,
    exit: 2,
  },
  ARGUMENT_WRONG: { says: (what, cure) => `${what}. ${cure}`, retryable: false, exit: 2 },
  SCHEMA_NOT_BUMPED: {
    says: (topic, version, changes) =>
      `The schema of ${topic} is not what was published as version ${version}: ${changes}.`,
    cure:
      "Give its contract in src/events a higher schema version; if that version was never " +
      "released, remove its file in docs/schemas instead. Then run ./bellwether docs --write.",
    retryable: false,
    exit: 1,
  },
  SCHEMA_BROKEN: {
    says: (topic, changes) =>
      `The new schema of ${topic} refuses records that the one before allowed: ${changes}.`,
    cure: "Fields may be added where they may be left out; never renamed, removed or narrowed.",
    retryable: false,
    exit: 1,
  },
  COMMAND_UNKNOWN: {
    says: (name) => `There is no command "${name}". Run ./bellwether --help for the list.`,
    retryable: false,
    exit: 2,
  },
  KAFKA_UNREACHABLE: {
    says: (address) =>
      `Kafka does not answer at ${address}. Start it, or unset KAFKA_BOOTSTRAP_SERVERS to ` +
      "use the embedded one.",
    retryable: true,
    exit: 1,
  },
  POSTGRES_UNREACHABLE: {
    says: (address) =>
      `Postgres does not answer at ${address}. Start it, or unset DATABASE_URL and ` +
      "POSTGRES_HOST to use the embedded one.",
    retryable: true,
    exit: 1,
  },
  REDIS_UNREACHABLE: {
    says: (address) =>
      `Redis does not answer at ${address}. Start it, or unset REDIS_HOST to use the embedded one.`,
    retryable: true,
    exit: 1,
  },
  SERVER_NOT_STARTED: {
    says: (name, why, log) => `${name} did not start: ${why}. Its log is ${log}.`,
    retryable: true,
    exit: 1,
  },
  SERVER_MISSING: {
    says: (name, variable) =>
      `No ${name} runs here. Start ./bellwether up in another terminal, or set ${variable}.`,
    retryable: true,
    exit: 1,
  },
  PREREQUISITE_MISSING: {
    says: (what, cure) => `${what}. ${cure}.`,
    retryable: false,
    exit: 1,
  },
  SETUP_FAILED: {
    says: (step, why, log) => `${step} failed: ${why}. The whole output is in ${log}.`,
    retryable: true,
    exit: 1,
  },
  FILE_REFUSED: {
    says: (path, code) =>
      `This user may not write ${path} (${code}). Work in a checkout that is this user's own, or ` +
      "set DATA_FOLDER to such a folder.",
    retryable: false,
    exit: 1,
  },
  SPACE_BUSY: {
    says: (space) =>
      `Another process already runs the space "${space}". Stop it, or choose another with --space.`,
    retryable: false,
    exit: 1,
  },
  SLOT_TAKEN: {
    says: (slot, pid) => `Slot ${slot} is held by process ${pid}. Stop it, or pass another --slot.`,
    retryable: false,
    exit: 1,
  },
  FENCED: {
    says: (id) =>
      `Another process owns ${id} now, so this one stopped without writing anything more.`,
    retryable: false,
    exit: 3,
  },
  STUCK: {
    says: (what) =>
      `Kafka's client has lost its broker for good, or never came back from ${what}. A new ` +
      "client takes its place.",
    retryable: true,
    exit: 1,
  },
  RECORDS_DAMAGED: {
    says: (part, offset, why) =>
      `What Kafka answers for ${part} behind offset ${offset} cannot be read: ${why}. It is ` +
      "asked for again; if that does not help, let another replica of the partition lead.",
    retryable: true,
    exit: 1,
  },
  BAD_RELEASE: {
    says: (name, count, detail) =>
      `${name} failed on ${count} records, more than 1 %, and stopped so that a bad ` +
      `release cannot empty a topic into dead letters. Last failure: ${detail}.`,
    retryable: false,
    exit: 4,
  },
  MODEL_MISSING: {
    says: (hash, where) =>
      `The active model ${hash} is not among the files in ${where}. Put the file there, ` +
      "or activate another version.",
    http: 503,
    retryable: false,
    exit: 4,
  },
  MODEL_WRONG: {
    says: (file, what, cure) => `${file} cannot be used: ${what}. ${cure}`,
    http: 503,
    retryable: false,
    exit: 4,
  },
  STATE_VERSION: {
    says: (table, found, known) =>
      `The state of ${table} was written by version ${found} of its codec; this release ` +
      `reads ${known}. Run the release that wrote it, or reset the space.`,
    retryable: false,
    exit: 4,
  },
  TOPOLOGY_WRONG: {
    says: (detail) => `The topology is wrong: ${detail}`,
    retryable: false,
    exit: 2,
  },
  TOPIC_MISSING: {
    says: (name) => `Topic ${name} does not exist. Run ./bellwether topics create.`,
    retryable: true,
    exit: 1,
  },
  SPACE_CLOCK_AHEAD: {
    says: (space, clock) =>
      `This import is older than the clock of the space (${clock}). Import it into a ` +
      `space of its own: --space ${space}.`,
    retryable: false,
    exit: 2,
  },
  SPACE_TOLD: {
    says: (space, by, cure) => `The space ${space} was begun by ${by}. ${cure}`,
    retryable: false,
    exit: 2,
  },
  MIGRATION_CHANGED: {
    says: (file, schema) =>
      `${file} was changed after it had been applied to schema ${schema}. Put it back as ` +
      "it was, and add a new file for the change.",
    retryable: false,
    exit: 1,
  },
  MIGRATION_UNKNOWN: {
    says: (file, schema) =>
      `Schema ${schema} was set up by a newer version, which applied ${file}. Use that ` +
      "version, or another space.",
    retryable: false,
    exit: 1,
  },
  MIGRATION_FAILED: {
    says: (file, why) => `${file} could not be applied: ${why}. Nothing of it was kept.`,
    retryable: false,
    exit: 1,
  },
  TOPIC_RECREATED: {
    says: (topic, sink) =>
      `Topic ${topic} was deleted and created anew since ${sink} wrote from it. Work in ` +
      `another space, or delete the rows of ${topic} from table sink_offsets to write the ` +
      "new topic from its start.",
    retryable: false,
    exit: 2,
  },
  TOPIC_ANEW: {
    says: (topic, offset) =>
      `Topic ${topic} holds other records than before: offset ${offset}, which was read already, ` +
      "came again. It was deleted and created anew, or lost its end; reading begins at the " +
      "group's committed offset, or else at the topic's start.",
    retryable: true,
    exit: 1,
  },
  OUTPUT_REFUSED: {
    says: (topic, code) =>
      `Kafka takes no such record in topic ${topic}, however often it is sent (error ${code}). ` +
      "Raise its max.message.bytes to what ./bellwether topics create gives it: 12000000, and " +
      "13000000 for dead-letters.",
    retryable: true,
    exit: 1,
  },
  TIMER_STUCK: {
    says: (name, table, time) =>
      `${name} stopped: its due() leaves a deadline of table ${table} at ${time}, where it was, ` +
      "and would run for ever. Run a release whose due() moves or clears the deadline.",
    retryable: false,
    exit: 4,
  },
  ARCHIVE_OTHER_TOPIC: {
    says: (topic, folder) =>
      `The archive of ${topic} in ${folder} is of a topic that was deleted since: the one ` +
      "that Kafka has now begins anew. Work in another space, or move that folder away.",
    retryable: false,
    exit: 2,
  },
  ARCHIVE_HOLE: {
    says: (part, offsets) =>
      `Kafka deleted offsets ${offsets} of ${part} before they were archived. The archive ` +
      "goes on behind them; run the role sink at least as often as topics are kept.",
    retryable: false,
    exit: 1,
  },
  HISTORY_HOLE: {
    says: (part, offsets) =>
      `History has a hole: offsets ${offsets} of ${part} are neither in the archive nor in ` +
      "Kafka. Put the archive's missing files back from a backup, or begin with another space.",
    retryable: false,
    exit: 1,
  },
  SINK_OFFSETS_MOVED: {
    says: (part, sink) =>
      `The offset of ${part} in table sink_offsets was moved back. ${sink} stops, and ` +
      "reads from there when it is started again.",
    retryable: false,
    exit: 1,
  },
  SINK_REFUSED: {
    says: (table, code) =>
      `Postgres refuses to write to table ${table} (code ${code}). Check that its schema ` +
      "is the one of sql/.",
    retryable: true,
    exit: 1,
  },
  TEMPLATE_WRONG: {
    says: (file, what, cure) => `The texts in ${file} cannot be used: ${what}. ${cure}`,
    retryable: false,
    exit: 2,
  },
  POLICY_WRONG: {
    says: (policy, why) => `${policy} is no policy that can be used: ${why}`,
    http: 422,
    retryable: false,
    exit: 2,
  },
  FAILED: { says: (detail) => detail, retryable: false, exit: 1 },
  ...apiErrors,
});

export type ErrorCode = keyof typeof errors;

/** An error of ours: `message` is the sentence for the user, `code` is stable for programs. */
export class Failure extends Error {
  readonly code: ErrorCode;
  readonly exit: number;
  readonly retryable: boolean;
  /** What went wrong, without the cure where the cure is declared apart. */
  readonly what: string;
  /** What to do about it, where it is declared apart. */
  readonly cure: string | undefined;
  readonly http: number;
  constructor(code: ErrorCode, facts: string[] = [], cause?: unknown) {
    const declared: Declared = errors[code];
    const what = declared.says(...facts);
    super(declared.cure === undefined ? what : `${what} ${declared.cure}`, { cause });
    this.code = code;
    this.what = what;
    this.cure = declared.cure;
    this.http = declared.http ?? 500;
    this.exit = errors[code].exit;
    this.retryable = errors[code].retryable;
  }
}

export const failure = (code: ErrorCode, ...facts: string[]): Failure => new Failure(code, facts);

/** How long to wait before trying again for the n-th time (from 0): 100 ms, doubled up to 5 s. */
export const backoffMs = (attempt: number): number => Math.min(5_000, 100 * 2 ** attempt);

/**
 * One line about anything thrown: the sentence of a Failure, else the message without its stack.
 */
export const sentenceOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
