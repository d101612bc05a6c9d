/** What a broker or the client refused. The flags are set by transactional calls only. */
export class KafkaError extends Error {
  readonly code: number;
  readonly isFatal: boolean;
  readonly isRetriable: boolean;
  readonly requiresAbort: boolean;
  constructor(raw: RawError, doing: string) {
    super(`${doing}: ${raw.message ?? raw.code}`);
    this.code = raw.code ?? -1;
    this.isFatal = raw.isFatal === true;
    this.isRetriable = raw.isRetriable === true;
    this.requiresAbort = raw.isTxnRequiresAbort === true;
  }
}
export type RawError = {
  code?: number;
  message?: string;
  isFatal?: boolean;
  isRetriable?: boolean;
  isTxnRequiresAbort?: boolean;
};

export const codes = {
  queueFull: -184,
  fenced: -144,
  timedOut: -185,
  noTransport: -195,
  noTransaction: -172,
  topicExists: 36,
  fencedInstance: 82,
  unknownTopic: 3,
} as const;

/** Whether it is what a client says that has lost its brokers, for a moment or for good. */
export const isAway = (thrown: unknown): thrown is KafkaError =>
  thrown instanceof KafkaError &&
  (thrown.code === codes.noTransport || thrown.code === codes.timedOut);
