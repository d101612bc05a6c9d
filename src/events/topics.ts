import type { Contract } from "./contract.ts";
import { customerUpdates } from "./customer.ts";
import { deadLetters, importProgress, lateEvents, ticks, ticksFeatureProcessor } from "./engine.ts";
import { customerFeatures } from "./features.ts";
import { interventionsStream } from "./intervention.ts";
import { notificationResults, notifications } from "./notification.ts";
import { outcomes } from "./outcome.ts";
import { policies } from "./policy.ts";
import { customerAlerts, predictionsStream } from "./prediction.ts";
import { simulationTruth } from "./simulation.ts";
import { transactions, transactionsStream } from "./transaction.ts";

export {
  customerAlerts,
  customerFeatures,
  customerUpdates,
  deadLetters,
  importProgress,
  interventionsStream,
  lateEvents,
  notificationResults,
  notifications,
  outcomes,
  policies,
  predictionsStream,
  simulationTruth,
  ticks,
  ticksFeatureProcessor,
  transactions,
  transactionsStream,
};

/** Every topic that carries events. Changelogs are the engine's own and are not listed. */
export const allTopics = [
  transactions,
  transactionsStream,
  customerUpdates,
  policies,
  customerFeatures,
  predictionsStream,
  interventionsStream,
  notifications,
  notificationResults,
  customerAlerts,
  outcomes,
  simulationTruth,
  ticks,
  ticksFeatureProcessor,
  lateEvents,
  deadLetters,
  importProgress,
] as unknown as readonly Contract<unknown>[];
