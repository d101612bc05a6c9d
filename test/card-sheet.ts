const columns = [
  ...["ID", "LIMIT_BAL", "SEX", "EDUCATION", "MARRIAGE", "AGE"],
  ...["PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6"],
  ...[1, 2, 3, 4, 5, 6].map((n) => `BILL_AMT${n}`),
  ...[1, 2, 3, 4, 5, 6].map((n) => `PAY_AMT${n}`),
];

const usual = (column: string): number =>
  ({ LIMIT_BAL: 50_000, SEX: 2, EDUCATION: 2, MARRIAGE: 1, AGE: 30 })[column] ??
  (column.startsWith("BILL") ? 10_000 : column.startsWith("PAY_AMT") ? 1_000 : 0);

/** An invented file of card clients in UCI's layout: what is not given is as usual. */
export const cardSheet = (clients: readonly Record<string, number | string>[]): string =>
  [
    [...columns, "default.payment.next.month"].map((name) => `"${name}"`).join(","),
    ...clients.map((client) =>
      [...columns.map((name) => client[name] ?? usual(name)), client.outcome ?? 0].join(","),
    ),
  ].join("\n");
