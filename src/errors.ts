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
  CUSTOMER_UNKNOWN: {
    says: (id) => `There is no customer "${id}" in this space.`,
    cure: "Check the id and the space; a new customer appears with the first event about them.",
    http: 404,
    retryable: false,
    exit: 1,
  },
  PATH_UNKNOWN: {
    says: (method, path) => `There is nothing at ${method} ${path}.`,
    cure: "Check the path; /openapi.json lists those that there are.",
    http: 404,
    retryable: false,
    exit: 1,
  },
  METHOD_REFUSED: {
    says: (method, path) => `${path} does not take ${method}.`,
    cure: "Use one of the methods that the header Allow lists.",
    http: 405,
    retryable: false,
    exit: 1,
  },
  BODY_TOO_LARGE: {
    says: (bytes) => `The body is larger than ${bytes} bytes.`,
    cure: "Send less at once.",
    http: 413,
    retryable: false,
    exit: 1,
  },
  REQUEST_WRONG: {
    says: (detail) => `The request cannot be read: ${detail}.`,
    cure: "Send what the path expects, as JSON in UTF-8.",
    http: 400,
    retryable: false,
    exit: 1,
  },
  HOST_REFUSED: {
    says: () => "This server answers to names of the loopback interface only.",
    cure: "Ask for 127.0.0.1 or localhost.",
    http: 421,
    retryable: false,
    exit: 1,
  },
  FEATURE_UNKNOWN: {
    says: (id, set) => `There is no feature "${id}" in feature set ${set}.`,
    cure: "GET /features lists those that there are.",
    http: 400,
    retryable: false,
    exit: 1,
  },
  FEATURES_OUTDATED: {
    says: (id, set, model, feature) =>
      `The newest features of "${id}" are of set ${set}, and ${model} asks for ${feature}, which ` +
      "they lack.",
    cure: "Wait until the customer is scored anew, at the latest a day after the last event.",
    http: 409,
    retryable: true,
    exit: 1,
  },
  POLICY_MISSING: {
    says: (what) => `Nothing can be scored yet: ${what} is missing.`,
    cure: "Run ./bellwether topics create, and the role sink, which copies policies to the tables.",
    http: 503,
    retryable: true,
    exit: 1,
  },
  DECISION_UNKNOWN: {
    says: (id) => `There is no decision "${id}" in this space.`,
    cure: "Give the id of a prediction or an intervention, as a customer's page shows them.",
    http: 404,
    retryable: false,
    exit: 1,
  },
  INGEST_CLOSED: {
    says: (topic) => `No events are taken for "${topic}".`,
    cure: "Send to /events/transactions-stream, /events/transactions or /events/outcomes.",
    http: 404,
    retryable: false,
    exit: 1,
  },
  BROKER_AWAY: {
    says: () => "Kafka does not take records just now, and none of these counts as taken.",
    cure: "Send all of them again in a moment, with the same ids.",
    http: 503,
    retryable: true,
    exit: 1,
  },
  INGEST_BUSY: {
    says: (bytes) => `More than ${bytes} bytes of events wait to be taken.`,
    cure: "Send these again in a moment, with fewer requests at once.",
    http: 429,
    retryable: true,
    exit: 1,
  },
  KEY_MISSING: {
    says: () => "This path needs a key.",
    cure: "Send Authorization: Bearer <key>; ./bellwether keys create makes one.",
    http: 401,
    retryable: false,
    exit: 1,
  },
  KEY_UNKNOWN: {
    says: () => "The key is not known, or was revoked.",
    cure: "Send Authorization: Bearer <key> with one that ./bellwether keys list shows as in use.",
    http: 401,
    retryable: false,
    exit: 1,
  },
  KEY_ROLE_WRONG: {
    says: (role, roles) => `A key with the role ${role} may not do this; it takes ${roles}.`,
    cure: "Ask somebody with such a key, or for a key of that role.",
    http: 403,
    retryable: false,
    exit: 1,
  },
  TEMPLATE_WRONG: {
    says: (file, what, cure) => `The texts in ${file} cannot be used: ${what}. ${cure}`,
    retryable: false,
    exit: 2,
  },
  CALL_UNKNOWN: {
    says: (id) => `There is no call "${id}" in this space.`,
    cure: "GET /calls lists those that are open.",
    http: 404,
    retryable: false,
    exit: 1,
  },
  CALL_TAKEN: {
    says: (id) => `The call "${id}" is not yours: somebody else has it, or nobody took it yet.`,
    cure: "Take it first, or take another; GET /calls lists those that are open.",
    http: 409,
    retryable: false,
    exit: 1,
  },
  CALL_ENDED: {
    says: (id) => `The call "${id}" has ended.`,
    cure: "GET /calls lists those that are open.",
    http: 409,
    retryable: false,
    exit: 1,
  },
  CALL_NOT_NOW: {
    says: (from) => `This customer may not be called before ${from}.`,
    cure: "Take another call.",
    http: 409,
    retryable: true,
    exit: 1,
  },
  CALL_WITHDRAWN: {
    says: (why) => `This customer must not be called any more (${why}).`,
    cure: "Take another call; this one has left the list.",
    http: 409,
    retryable: false,
    exit: 1,
  },
  NOTIFICATION_UNKNOWN: {
    says: (id) => `There is no notification "${id}" in this space.`,
    cure: "./bellwether notify unknown lists those that wait for a person.",
    http: 404,
    retryable: false,
    exit: 1,
  },
  NOTIFICATION_SETTLED: {
    says: (id, state) => `The notification "${id}" is ${state}: only an unknown one is sent again.`,
    cure: "./bellwether notify unknown lists those that wait for a person.",
    http: 409,
    retryable: false,
    exit: 1,
  },
  POLICY_WRONG: {
    says: (policy, why) => `${policy} is no policy that can be used: ${why}`,
    http: 422,
    retryable: false,
    exit: 2,
  },
  SECOND_PERSON_MISSING: {
    says: (name, policy) => `${name} has drafted ${policy} and may not put it in force as well.`,
    cure: "Ask another person to activate it, with a key of another name.",
    http: 403,
    retryable: false,
    exit: 2,
  },
  READ_MODEL_AWAY: {
    says: () => "The tables cannot be read just now.",
    cure: "Try again in a moment; /health says what is away.",
    http: 503,
    retryable: true,
    exit: 1,
  },
  UNEXPECTED: {
    says: () => "Something failed that should not have.",
    cure: "Try again; if it stays, the log has a line under this request's id.",
    http: 500,
    retryable: true,
    exit: 1,
  },
  FAILED: { says: (detail) => detail, retryable: false, exit: 1 },
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

/**
 * One line about anything thrown: the sentence of a Failure, else the message without its stack.
 */
export const sentenceOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
