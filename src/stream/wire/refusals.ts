import { codes, KafkaError } from "../kafka-error.ts";

/** Kafka's error codes, as far as a client must tell them apart. */
export const refusal = {
  offsetOutOfRange: 1,
  unknownTopic: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  timedOut: 7,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  invalidTransactionState: 48,
  concurrentTransactions: 51,
  storage: 56,
  fencedLeaderEpoch: 74,
  unknownLeaderEpoch: 75,
  fencedInstance: 82,
  operationNotAttempted: 55,
  producerFenced: 90,
  unknownTopicId: 100,
} as const;

const coordinatorMoves: ReadonlySet<number> = new Set([
  refusal.coordinatorLoading,
  refusal.coordinatorNotAvailable,
  refusal.notCoordinator,
]);
const leaderMoves: ReadonlySet<number> = new Set([
  refusal.unknownTopic,
  refusal.leaderNotAvailable,
  refusal.notLeader,
  refusal.timedOut,
  refusal.notEnoughReplicas,
  refusal.notEnoughReplicasAfterAppend,
  refusal.storage,
  refusal.fencedLeaderEpoch,
  refusal.unknownLeaderEpoch,
  refusal.unknownTopicId,
]);
const fencing: ReadonlySet<number> = new Set([
  refusal.invalidProducerEpoch,
  refusal.producerFenced,
]);

/** The same question, to whoever coordinates by then, may be answered. */
export const movesCoordinator = (error: number): boolean => coordinatorMoves.has(error);
/** The same question, to whoever leads by then, may be answered. */
export const movesLeader = (error: number): boolean => leaderMoves.has(error);

/**
 * What the caller of a transaction gets: fenced for good, a member that its group no longer knows
 * under this name, or else something that only this transaction dies of.
 */
export const refused = (error: number, doing: string): KafkaError => {
  const message = `Kafka's error ${error}`;
  if (fencing.has(error))
    return new KafkaError({ code: codes.fenced, message, isFatal: true }, doing);
  if (error === refusal.fencedInstance)
    return new KafkaError({ code: error, message, isFatal: true }, doing);
  return new KafkaError({ code: error, message, isTxnRequiresAbort: true }, doing);
};
