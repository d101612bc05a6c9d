import { type Bar, bars, judge } from "./bars.ts";
import { measurementsOf, median, roundsOf, spread } from "./figures.ts";
import type { Line, Measurement, Run, Section } from "./results.ts";
import { stolenMaxPct } from "./stolen.ts";

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const markdown = (names: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(names), row(names.map(() => "---")), ...rows.map(row)].join("\n");

/** A column: its heading and the figure that stands in it. */
type Column = readonly [heading: string, figure: string];

const drainColumns: readonly Column[] = [
  ["events/s, start-up included", "events_per_s"],
  ["steady events/s", "steady_events_per_s"],
  ["seconds", "seconds"],
  ["CPU s", "cpu_s"],
  ["most memory (RSS), MB", "max_rss_mb"],
];

const distinct = (measurements: readonly Measurement[]): [what: string, who: string][] =>
  [
    ...new Map(
      measurements.map(({ what, who }) => [`${what}\n${who}`, [what, who]] as const),
    ).values(),
  ] as [string, string][];

const tableOf = (
  lines: readonly Line[],
  section: Section,
  columns: readonly Column[],
  wanted: (what: string) => boolean = () => true,
): string => {
  const found = distinct(measurementsOf(lines, section)).filter(([what]) => wanted(what));
  const rows = found.map(([what, who]) => {
    const of = (figure: string) => roundsOf(lines, { section, what, who, figure });
    const runs = measurementsOf(lines, section).filter((m) => m.what === what && m.who === who);
    return [what, who, ...columns.map(([, figure]) => spread(of(figure))), String(runs.length)];
  });
  return markdown(["", "who", ...columns.map(([heading]) => heading), "runs"], rows);
};

const drained = (lines: readonly Line[]): string =>
  [
    "## W1: a million events drained",
    "The same stateful work (`W1.md` in the peers' folder) on the same topic: from the",
    "start of the process until the last input offset is committed. Steady: from the 10th",
    "to the 100th percentile of the outputs' append times.\n",
    tableOf(lines, "w1", drainColumns),
  ].join("\n");

const latency = (lines: readonly Line[]): string =>
  [
    "## W1: latency",
    "From the intended send time of an event until a `read_committed` reader in another",
    "process holds its output, ms; 30 s after 15 s of warm-up. CPU seconds of those 30.\n",
    tableOf(lines, "latency", [
      ["p50", "visible_p50_ms"],
      ["p99", "visible_p99_ms"],
      ["most", "visible_max_ms"],
      ["CPU s", "cpu_s"],
      ["most memory (RSS), MB", "max_rss_mb"],
    ]),
  ].join("\n");

const restart = (lines: readonly Line[]): string =>
  [
    "## W1: `kill -9` at half",
    "Seconds from starting the killed process again; caught up: the other half of the",
    "million is done.\n",
    tableOf(lines, "restart", [
      ["first commit", "restart_to_first_commit_s"],
      ["caught up", "restart_to_caught_up_s"],
      ["outputs in all", "outputs"],
    ]),
  ].join("\n");

const correct = (lines: readonly Line[]): string => {
  const found = measurementsOf(lines, "correct");
  const rows = found.map(({ what, figures }) =>
    [what, figures.equal === true ? "equal" : "NOT EQUAL"].concat(
      ["inputs", "outputs", "late", "wrong", "missing", "extra"].map((name) =>
        String(figures[name]),
      ),
    ),
  );
  return [
    "## W1: the output against the oracle",
    "Disordered input (1 % of the events arrive days late), `compare.py --bytes`: every",
    "output record of every customer, in order, to the byte; killed: with `kill -9` at",
    "half.\n",
    markdown(["", "", "inputs", "outputs", "late", "wrong", "missing", "extra"], rows),
  ].join("\n");
};

const line = (lines: readonly Line[]): string =>
  [
    "## The line: transaction to intervention",
    "`transactions-stream` to `interventions-stream`, both hops exactly-once in one process",
    "on one core, one failed transaction in five, each of which is scored 0.40 or more (100",
    "trees of depth 4, with reasons): from the intended send time until a `read_committed`",
    "reader in another process holds the record; after 60 s of warm-up and the first 5 s of the",
    "measured load, in which it tells of its 2,000 customers, windows of 30 s.\n",
    tableOf(
      lines,
      "line",
      [
        ["intervention p50, ms", "visible_p50_ms"],
        ["p99", "visible_p99_ms"],
        ["most", "visible_max_ms"],
        ["prediction p50", "prediction_p50_ms"],
        ["p99", "prediction_p99_ms"],
        ["interventions", "interventions"],
        ["CPU s", "cpu_s"],
        ["most memory (RSS), MB", "max_rss_mb"],
      ],
      (what) => what.endsWith("/s"),
    ),
    "\nAssess alone on one core, over a backlog of transactions of 10,000 customers:\n",
    tableOf(
      lines,
      "line",
      [...drainColumns, ["events", "events"], ["feature vectors", "vectors"]],
      (what) => !what.endsWith("/s"),
    ),
  ].join("\n");

const predict = (lines: readonly Line[]): string =>
  [
    "## `POST /predict`",
    "One customer each, 200 requests/s, from the intended send time until the whole answer;",
    "each is stored before it is answered. Meanwhile the line works on 2,000 transactions/s,",
    "and the tables are written. Everything shares four cores: the broker keeps to two of them,",
    "the line to one, load and questions to another; databases, what writes the tables and the",
    "API run on all. After 60 s of the same; Postgres's log is written once around before, so that",
    "its files are used again, as on a server that has run for a while.\n",
    tableOf(lines, "predict", [
      ["p50, ms", "p50_ms"],
      ["p99", "p99_ms"],
      ["most", "most_ms"],
      ["requests", "sent"],
      ["refused", "refused"],
      ["CPU s", "cpu_s"],
      ["most memory (RSS), MB", "max_rss_mb"],
    ]),
  ].join("\n");

const state = (lines: readonly Line[]): string => {
  const [newest] = measurementsOf(lines, "state").slice(-1);
  const { customers, ten_times_memory_mb: memory, ten_times_restore_s: restore } = newest.figures;
  const whole = (value: unknown) => Math.round(Number(value)).toLocaleString("en-US");
  return [
    "## State",
    "One process of assess on one core, started over a changelog with one record for each",
    "customer (rows of simulated people after 90 days) until it has committed an event of",
    "each partition. An empty start is taken off the restore and the bytes per customer.\n",
    tableOf(lines, "state", [
      ["row, bytes", "row_bytes"],
      ["changelog, MB", "changelog_mb"],
      ["restore, s", "restore_s"],
      ["memory (PSS), MB", "memory_mb"],
      ["most memory (RSS), MB", "max_rss_mb"],
      ["memory per customer, bytes", "bytes_per_customer"],
    ]),
    `\nTen times as many (${whole(10 * Number(customers))} customers), reckoned in proportion:`,
    `${whole(memory)} MB and ${whole(restore)} s in one process. Six partitions let six processes`,
    "share them, each with a sixth of both; beyond that it takes more partitions.",
  ].join("\n");
};

const live = (lines: readonly Line[]): string =>
  [
    "## The live console",
    "Consoles on one API, each looking at all nine panels, while every panel changes ten",
    "times a second: from the time in the newest value until a console holds it. Five more",
    "take nothing in; buffered is the most that any of them had still to be sent.\n",
    tableOf(lines, "live", [
      ["newest value p50, ms", "newest_p50_ms"],
      ["p99", "newest_p99_ms"],
      ["most", "newest_most_ms"],
      ["messages per panel and second", "messages_per_panel_s"],
      ["kB/s each", "kb_per_console_s"],
      ["buffered, kB", "buffered_most_kb"],
      ["CPU s of 30", "cpu_s"],
      ["most memory (RSS), MB", "max_rss_mb"],
    ]),
  ].join("\n");

const scoring = (lines: readonly Line[]): string =>
  [
    "## Scoring one row",
    "In process, 4,000 different rows; microseconds, the reading of the clock included.\n",
    tableOf(lines, "scoring", [
      ["p50 µs", "p50"],
      ["p99 µs", "p99"],
      ["rows/s", "rowsPerSecond"],
    ]),
  ].join("\n");

const timeline = (lines: readonly Line[]): string =>
  [
    "## A customer with 100,000 lines",
    "Transactions, scores and contacts not made, merged: pages of 100 lines of every kind at",
    "random places by HTTP, one after the other.\n",
    tableOf(
      lines,
      "timeline",
      [
        ["page p50, ms", "page_p50_ms"],
        ["p99", "page_p99_ms"],
        ["most", "page_max_ms"],
        ["first page", "first_page_ms"],
        ["counts", "counts_ms"],
        ["course of the score", "course_ms"],
      ],
      (what) => what === "pages",
    ),
    "\nThe same in Chromium without a graphics card: the times between frames while it scrolls",
    "by 40 pixels a frame with all lines held, and while they are still being fetched; late is",
    "a frame after more than 34 ms.\n",
    tableOf(
      lines,
      "timeline",
      [
        ["frame p50, ms", "frame_p50_ms"],
        ["p99", "frame_p99_ms"],
        ["late, %", "frames_late_pct"],
        ["fetching: p99, ms", "fetching_frame_p99_ms"],
        ["late, %", "fetching_frames_late_pct"],
        ["all fetched, s", "fetch_all_s"],
      ],
      (what) => what === "scrolling",
    ),
  ].join("\n");

const topics = (lines: readonly Line[]): string =>
  [
    "## A topic with 10 million records",
    "Six partitions; the first page of 50 messages, merged by time, from the question until every",
    "message is decoded and masked, without HTTP; 40 places each, drawn at random. A customer is",
    "one of 20,000, whose records are spread over all of their partition.\n",
    tableOf(lines, "topics", [
      ["p50, ms", "p50_ms"],
      ["p99", "p99_ms"],
      ["records shown", "shown"],
      ["records looked at", "looked_at"],
    ]),
  ].join("\n");

const architecture = (lines: readonly Line[]): string =>
  [
    "## The Architecture opens",
    "Chromium without a graphics card and with nothing of it kept: from the address until the",
    "laid out picture is painted; after chunk is counted from when the screen's own program has",
    "arrived, the layout's worker included.\n",
    tableOf(lines, "architecture", [
      ["open, ms", "open_ms"],
      ["chunk arrived, ms", "chunk_ms"],
      ["painted after chunk, ms", "after_chunk_ms"],
      ["components", "components"],
    ]),
  ].join("\n");

const up = (lines: readonly Line[]): string =>
  [
    "## `./bellwether up`",
    "Set up, with an empty data folder and every server embedded. Seconds from the command; the",
    "console is alive once a client that signed in by the printed link is sent a rate of events",
    "above zero. Memory is the sum of PSS over all processes, the highest from 60 s after history",
    "was told, servers included.\n",
    tableOf(lines, "up", [
      ["servers answer, s", "servers_s"],
      ["first prediction can be read, s", "first_prediction_s"],
      ["console alive, s", "console_alive_s"],
      ["history told, s", "history_told_s"],
      ["memory, MB", "memory_pss_mb"],
    ]),
  ].join("\n");

const pages: readonly [Section, (lines: readonly Line[]) => string][] = [
  ["w1", drained],
  ["latency", latency],
  ["restart", restart],
  ["correct", correct],
  ["line", line],
  ["predict", predict],
  ["state", state],
  ["live", live],
  ["scoring", scoring],
  ["timeline", timeline],
  ["architecture", architecture],
  ["topics", topics],
  ["up", up],
];

const day = (run: string): string =>
  `${run.slice(0, 4)}-${run.slice(4, 6)}-${run.slice(6, 8)} ` +
  `${run.slice(9, 11)}:${run.slice(11, 13)} UTC`;

const about = (lines: readonly Line[], run: Run): string => {
  const own = pages.filter(([section]) =>
    measurementsOf(lines, section).some((each) => each.run === run.run),
  );
  const names = own.map(([section]) => section).join(", ") || "nothing measured";
  const rounds = `${run.rounds} round${run.rounds === 1 ? "" : "s"}`;
  const size = run.quick ? `${rounds}, QUICK: too little work to be quoted` : rounds;
  const notes = run.notes.map((note) => `  - ${note}`);
  const head =
    `- **${day(run.run)}**, ${names}; ${size}; commit ${run.commit}. ` +
    `${run.machine}. Pinning: ${run.pins}.${stolenWords(lines, run)}`;
  return [head, ...notes].join("\n");
};

/** How much of the machine its host gave to others, where that was watched. */
const stolenWords = (lines: readonly Line[], run: Run): string => {
  const shares = lines.flatMap((each) => {
    const share = each.kind === "measurement" && each.run === run.run && each.figures.stolen_pct;
    return typeof share === "number" ? [share] : [];
  });
  if (shares.length === 0) return "";
  const middle = median(shares).toFixed(1);
  const most = Math.max(...shares).toFixed(1);
  return (
    ` Of the machine's CPU time its host gave ${middle} % to others during a measurement ` +
    `(median; most ${most} %); one that met more than ${stolenMaxPct} % was taken again, ` +
    "up to twice."
  );
};

const judged = (lines: readonly Line[], bar: Bar): string[] => {
  const { ours, theirs, ratio, reached } = judge(lines, bar);
  return [bar.says, ours, theirs, ratio, bar.wants, reached];
};

/** The page that is made from the raw results; nothing in it is written by hand. */
export const report = (lines: readonly Line[]): string => {
  const runs = lines.filter((each): each is Run => each.kind === "run");
  const found = pages.filter(([section]) => measurementsOf(lines, section).length > 0);
  const head = ["", "ours", "theirs", "ours / theirs", "bar", "reached"];
  return [
    "# Measured\n",
    "Made by `./bellwether bench` from `results.jsonl`, which holds every single",
    "measurement. Figures are the median (least–most) of the rounds. Ours and the peers run",
    "in turns, minutes apart, on one machine and one broker; ratios are taken within each",
    'round. Lower is better where the bar says "at most".\n',
    ...runs.map((run) => about(lines, run)),
    "\n## What was to be reached\n",
    markdown(
      head,
      bars.map((bar) => judged(lines, bar)),
    ),
    "",
    ...found.map(([, page]) => `${page(lines)}\n`),
    "## Run it again\n",
    "    ./bellwether bench --data <folder of real data> --peers <folder of peers>\n",
    "`--only w1,line` runs parts, whose old figures are replaced; `--help` says more.\n",
  ].join("\n");
};
