import { accessLog } from "./access.ts";
import { caseDecisions } from "./case.ts";
import { type Contract, HOUR_MS, WEEK_MS } from "./contract.ts";
import { customerUpdates } from "./customer.ts";
import { dashboardUpdates } from "./dashboard.ts";
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
  accessLog,
  caseDecisions,
  customerAlerts,
  customerFeatures,
  customerUpdates,
  dashboardUpdates,
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
  caseDecisions,
  accessLog,
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
  dashboardUpdates,
] as unknown as readonly Contract<unknown>[];

/** The same topics, where those of the usual retention are kept for so many days. */
export const topicsKept = (days: number): readonly Contract<unknown>[] =>
  allTopics.map((topic) =>
    topic.compacted || topic.retentionMs !== WEEK_MS
      ? topic
      : { ...topic, retentionMs: days * 24 * HOUR_MS },
  );
