import type { Contract } from "../events/contract.ts";

/** Writes a value to its topic; resolves once Kafka has it. Throws UNRECORDED when it may not. */
export type Recording = <T>(topic: Contract<T>, value: T) => Promise<void>;
