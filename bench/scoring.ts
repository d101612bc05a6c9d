import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { table } from "../src/commands/table.ts";
import { Quantiles } from "../src/rules/quantiles.ts";
import { Random } from "../src/rules/random.ts";
import { contributions, type Model, margin, readModel } from "../src/rules/scoring/model.ts";
import { train } from "../src/rules/scoring/train.ts";

/** Times of one call on one row, in microseconds; the reading of the clock is part of them. */
export type ScoringTime = {
  readonly model: string;
  readonly call: "margin" | "margin and contributions";
  readonly p50: number;
  readonly p99: number;
  readonly rowsPerSecond: number;
};

type Subject = { readonly name: string; readonly model: Model; readonly rows: Float64Array[] };

const featureCount = 26;

/** Rows such as no branch predictor can learn: 4,000 different ones, one value in 20 missing. */
const draw = (random: Random, count: number): Float64Array[] =>
  Array.from({ length: count }, () =>
    Float64Array.from({ length: featureCount }, () =>
      random.chance(0.05) ? Number.NaN : random.normal(),
    ),
  );

const made = (): Subject => {
  const random = new Random(1, 2, 3, 4);
  const rows = draw(random, 4_000);
  const signal = (row: Float64Array) =>
    (row[0] || 0) + (row[1] || 0) * (row[2] || 0) + Math.sin(3 * (row[3] || 0)) + (row[4] || 0);
  const json = train(
    {
      features: Array.from({ length: featureCount }, (_, index) => `feature_${index}`),
      rows,
      labels: rows.map((row) => +(signal(row) + random.normal() > 1)),
    },
    { rounds: 100, maxDepth: 4, eta: 0.1, lambda: 1, gamma: 0, minChildWeight: 1 },
  );
  return { name: "100 trees of depth 4, drawn", model: readModel(json), rows: draw(random, 4_000) };
};

/** Clients of UCI's credit data (Yeh 2009), scored by a model that XGBoost trained on them. */
const real = (data: string): Subject | undefined => {
  const file = join(data, "xgboost", "v3_logistic.json");
  const clients = join(data, "uci-credit", "clients_1_20000.csv.gz");
  if (!existsSync(file) || !existsSync(clients)) return undefined;
  const model = readModel(readFileSync(file, "utf8"), file);
  const random = new Random(5, 6, 7, 8);
  const lines = gunzipSync(readFileSync(clients)).toString().trim().split("\n");
  const columns = lines[0].split(",").map((name) => name.replaceAll('"', ""));
  const places = model.features.map((feature) => columns.indexOf(feature));
  const rows = lines.slice(1, 4_001).map((line) => {
    const cells = line.split(",");
    return Float64Array.from(places, (at) => (random.chance(0.05) ? Number.NaN : +cells[at]));
  });
  return { name: "100 trees of depth 4, UCI credit", model, rows };
};

const measure = (
  { name, rows }: Subject,
  call: ScoringTime["call"],
  score: (row: Float64Array) => number,
): ScoringTime => {
  for (let round = 0; round < 25; round++) for (const row of rows) score(row);
  const times = new Quantiles(10);
  const start = process.hrtime.bigint();
  for (let round = 0; round < 25; round++)
    for (const row of rows) {
      const before = process.hrtime.bigint();
      score(row);
      times.record(Number(process.hrtime.bigint() - before));
    }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return {
    model: name,
    call,
    p50: times.at(0.5) / 1_000,
    p99: times.at(0.99) / 1_000,
    rowsPerSecond: times.count / seconds,
  };
};

/**
 * Times the scoring of single rows, first on a model made here, then, where `data` is the folder of
 * real data, on a real one. About 5 s on one core.
 */
export const timeScoring = (data?: string): ScoringTime[] => {
  const subjects = [made(), ...(data ? [real(data)] : [])].filter((one) => one !== undefined);
  return subjects.flatMap((subject) => {
    const { model } = subject;
    const out = new Float64Array(model.features.length + 1);
    return [
      measure(subject, "margin", (row) => margin(model, row)),
      measure(subject, "margin and contributions", (row) => contributions(model, row, out)),
    ];
  });
};

/** The table as the bench command and this file print it. */
export const scoringTable = (times: readonly ScoringTime[]): string =>
  table(
    ["model", "one row", "p50 µs", "p99 µs", "rows/s"],
    times.map((time) => [
      time.model,
      time.call,
      time.p50.toFixed(2),
      time.p99.toFixed(2),
      Math.round(time.rowsPerSecond),
    ]),
  );

if (import.meta.main) console.log(scoringTable(timeScoring(process.env.BELLWETHER_DATA)));
