import assert from "node:assert/strict";
import type { Line, Stored } from "./harness.ts";
import { line, link, type Mark, type Order, type Profile, type Sum } from "./line.ts";

/** Values by key, in the order of the log. */
const byKey = <T>(records: readonly Stored<T>[]): Map<string, T[]> => {
  const of = new Map<string, T[]>();
  for (const { key, value } of records) {
    const list = of.get(key) ?? [];
    if (list.length === 0) of.set(key, list);
    list.push(value as T);
  }
  return of;
};

const sumsOf = (orders: readonly Order[]): Sum[] => {
  let [sum, chain] = [0, ""];
  return orders.map(({ id, n }, i) => {
    sum += n;
    chain = link(chain, id);
    return { from: "orders", id, n: i + 1, sum, chain };
  });
};
const countsOf = (ids: readonly string[]): Mark[] => {
  let chain = "";
  return ids.map((id, i) => {
    chain = link(chain, id);
    return { id, n: i + 1, chain };
  });
};

const sameLists = <T>(found: Map<string, T[]>, wanted: Map<string, T[]>, what: string) => {
  assert.deepEqual([...found.keys()].sort(), [...wanted.keys()].sort(), `keys of ${what}`);
  for (const [key, list] of wanted) assert.deepEqual(found.get(key), list, `${what} of ${key}`);
};
const only = (records: readonly Stored<Sum>[], from: Sum["from"]) =>
  byKey(records.filter((one) => one.value?.from === from));
const each = <A, B>(lists: Map<string, A[]>, work: (list: A[]) => B[]) =>
  new Map([...lists].map(([key, list]) => [key, work(list)]));
/** How many records bear an id that another one has. What a load doubled, comes out doubled. */
const repeatsIn = (records: readonly Stored[]): number =>
  records.length - new Set(records.map((one) => one.id)).size;

/**
 * Compares the first hop's outputs and rows with what the input logs say they must be. Where the
 * load itself may double a record, it must be told: elsewhere that is an error too.
 */
export const checkSum = async (
  of: Line,
  load: "once" | "mayDouble" = "once",
): Promise<{ outputs: number; repeated: number }> => {
  const { topics } = of;
  const [orders, profiles, sums] = await Promise.all([
    of.read<Order>(topics.orders.name),
    of.read<Profile>(topics.profiles.name),
    of.read<Sum>(topics.sums.name),
  ]);
  const wantedSums = each(byKey(orders), sumsOf);
  const wantedSeen = each(byKey(profiles), (list) => countsOf(list.map((one) => one.id)));
  sameLists(only(sums, "orders"), wantedSums, "sums");
  const seen = each(only(sums, "profiles"), (list) => list.map(({ from: _, ...mark }) => mark));
  sameLists(seen, wantedSeen as never, "profiles seen");
  const repeated = repeatsIn(orders) + repeatsIn(profiles);
  assert.equal(repeatsIn(sums), repeated, "ids of sums");
  if (load === "once") assert.equal(repeated, 0, "ids of the load");
  assert.deepEqual(await of.read(topics.deadLetters.name, 1), [], "dead letters");

  const rows = await of.rows(line(topics).sum);
  const totals = new Map<string, unknown>();
  for (const [place, bytes] of rows) {
    const [table, , key] = place.split(" ");
    if (table !== "-total-changelog" || key === "") continue;
    totals.set(key, [bytes.readUInt32BE(4), bytes.readDoubleBE(8), bytes.toString("latin1", 24)]);
  }
  const last = new Map([...wantedSums].map(([key, list]) => [key, list.at(-1) as Sum]));
  const wantedTotals = [...last].map(([key, s]) => [
    key,
    s.from === "orders" && [s.n, s.sum, s.chain],
  ]);
  assert.deepEqual(totals, new Map(wantedTotals as never), "rows");
  return { outputs: sums.length, repeated };
};

/** Compares the second hop's outputs with what the first hop's log says they must be. */
export const checkMark = async (of: Line): Promise<{ outputs: number }> => {
  const [sums, marks] = await Promise.all([
    of.read<Sum>(of.topics.sums.name),
    of.read<Mark>(of.topics.marks.name),
  ]);
  const wanted = each(byKey(sums), (list) => countsOf(list.map((one) => one.id)));
  sameLists(byKey(marks), wanted, "marks");
  assert.equal(repeatsIn(marks), repeatsIn(sums), "ids of marks");
  const rows = await of.rows(line(of.topics).mark);
  const found = new Map(
    [...rows].map(([place, bytes]) => [place.split(" ")[2], JSON.parse(String(bytes.subarray(1)))]),
  );
  const last = each(wanted, (list) => list.slice(-1).map(({ n, chain }) => ({ n, chain })));
  assert.deepEqual(found, new Map([...last].map(([key, [row]]) => [key, row])), "rows of mark");
  return { outputs: marks.length };
};
