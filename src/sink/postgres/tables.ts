import { accessLogTable } from "./access.ts";
import { caseTables } from "./cases.ts";
import { customerFeaturesTable, customersTable } from "./customers.ts";
import {
  interventionStatusesTable,
  interventionsTable,
  outcomesTable,
  riskScoresTable,
  suppressedInterventionsTable,
} from "./decisions.ts";
import { deadLettersTable, lateEventsTable } from "./faults.ts";
import { policiesTable } from "./policies.ts";
import { profileVersionsTable } from "./profile-versions.ts";
import { simulatedStoriesTable } from "./stories.ts";
import type { Table } from "./table.ts";
import { transactionsTable } from "./transactions.ts";

/**
 * The tables by the sink that fills them. Transactions have a sink of their own, so that decisions
 * never wait behind a history that is being written.
 */
export const sinkTables = (currency: string): { name: string; tables: Table[] }[] => [
  { name: "transactions-sink", tables: [transactionsTable(currency)] },
  {
    name: "read-model-sink",
    tables: [
      customersTable,
      profileVersionsTable,
      customerFeaturesTable,
      riskScoresTable,
      interventionsTable,
      suppressedInterventionsTable,
      interventionStatusesTable,
      outcomesTable,
      ...caseTables(currency),
      accessLogTable,
      policiesTable,
      simulatedStoriesTable,
      deadLettersTable,
      lateEventsTable,
    ],
  },
];
