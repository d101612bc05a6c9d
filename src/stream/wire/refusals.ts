import { codes, KafkaError } from "../kafka-error.ts";

/** Kafka's error codes, as far as a client must tell them apart. */
export const refusal = {
  /** The broker has no word for what went wrong. */
  unknown: -1,
  offsetOutOfRange: 1,
  unknownTopic: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  timedOut: 7,
  messageTooLarge: 10,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  illegalGeneration: 22,
  unknownMember: 25,
  rebalance: 27,
  invalidReplication: 38,
  notController: 41,
  outOfOrder: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  invalidTransactionState: 48,
  concurrentTransactions: 51,
  operationNotAttempted: 55,
  storage: 56,
  unknownProducer: 59,
  unknownGroup: 69,
  fencedLeaderEpoch: 74,
  unknownLeaderEpoch: 75,
  memberIdRequired: 79,
  fencedInstance: 82,
  invalidRecord: 87,
  unstableOffset: 88,
  producerFenced: 90,
} as const;

const coordinatorMoves: ReadonlySet<number> = new Set([
  refusal.unknown,
  refusal.timedOut,
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
]);
const decisionsThatPass: ReadonlySet<number> = new Set([
  refusal.timedOut,
  // A broker that has just started takes a moment to be allowed to lead.
  refusal.invalidReplication,
  refusal.notController,
]);
const fencing: ReadonlySet<number> = new Set([
  refusal.invalidProducerEpoch,
  refusal.producerFenced,
]);

/** What the same records will meet again, however often they are sent. */
const ofTheRecords: ReadonlySet<number> = new Set([refusal.messageTooLarge, refusal.invalidRecord]);

/** What a transaction dies of, and its producer and member do not. */
const ofOneTransaction: ReadonlySet<number> = new Set([
  refusal.timedOut,
  refusal.illegalGeneration,
  refusal.unknownMember,
  refusal.rebalance,
  refusal.outOfOrder,
  refusal.invalidTransactionState,
  refusal.unknownProducer,
]);

/** The same question, to whoever coordinates by then, may be answered. */
export const movesCoordinator = (error: number): boolean => coordinatorMoves.has(error);
/** The same question, to whoever leads by then, may be answered. */
export const movesLeader = (error: number): boolean => leaderMoves.has(error);

/** The same decision on a topic, by whoever decides then, may be another one. */
export const mayBeDecidedAnew = (error: number): boolean => decisionsThatPass.has(error);

/** Whether it is what was sent that is refused, and would be by any broker. */
export const refusesRecords = (error: number): boolean => ofTheRecords.has(error);

/** Whether asking again later may help, possibly another broker. */
export const isPassing = (thrown: unknown): boolean =>
  thrown instanceof KafkaError && (thrown.isRetriable || movesCoordinator(thrown.code));

/** What the caller gets: its transaction must abort, or it is fenced for good, or starts over. */
export const refused = (error: number, doing: string): KafkaError => {
  const message = `Kafka's error ${error}`;
  const isFenced = fencing.has(error);
  return new KafkaError(
    {
      code: isFenced ? codes.fenced : error,
      message,
      isFatal: isFenced || error === refusal.fencedInstance,
      isTxnRequiresAbort: ofOneTransaction.has(error),
    },
    doing,
  );
};
