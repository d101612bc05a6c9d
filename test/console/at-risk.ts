import { readConfig } from "../../src/config.ts";
import { locateServers } from "../../src/embedded/servers.ts";
import { type CustomerUpdate, customerUpdates } from "../../src/events/customer.ts";
import { type Prediction, predictionsStream, type RiskLevel } from "../../src/events/prediction.ts";
import { isoTime } from "../../src/events/time.ts";
import { ingestId } from "../../src/stream/ids.ts";
import { openWriter } from "../../src/stream/writer.ts";
import { atEnd } from "../space.ts";
import { consolePlace } from "./browser.ts";

export type AtRisk = {
  id: string;
  band: RiskLevel;
  score: number;
  instalment: number;
  /** Told of as the simulator tells of its people. */
  simulated?: true;
  /** What scored it, where that matters. */
  by?: Pick<Prediction, "model_version" | "policy_version">;
};

const profileOf = ({ id, instalment }: AtRisk, now: number): CustomerUpdate => ({
  customer_id: id,
  version: now,
  country: "AT",
  time_zone: "Europe/Vienna",
  base_currency: "EUR",
  obligations: [{ obligation_id: `${id}-1`, product: "loan", instalment, due_rule: "day 12" }],
  // Nobody is contacted because of a test.
  statuses: ["represented"],
  event_time: isoTime(now),
});

/**
 * Puts customers of a test's own at risk in the running console, as the line itself would, and out
 * of risk again after the file.
 */
export const putAtRisk = async (...customers: readonly AtRisk[]): Promise<void> => {
  const { folder } = await consolePlace();
  const { bootstrap } = locateServers(readConfig({ dataFolder: folder }, {}), ["kafka"]).kafka;
  const open = (source: string) => openWriter({ bootstrap, space: "live", source });
  const writers = { own: await open("test@1"), simulator: await open("simulator@1") };
  const writerOf = ({ simulated }: AtRisk) => (simulated ? writers.simulator : writers.own);
  const score = async (one: AtRisk) => {
    const { id, band, score, by } = one;
    const time = isoTime(Date.now());
    await writerOf(one).send(predictionsStream, id, {
      ...predictionsStream.example,
      ...by,
      prediction_id: ingestId(Date.now()),
      customer_id: id,
      risk_score: score,
      risk_level: band,
      previous_score: null,
      timestamp: time,
      event_time: time,
    });
  };
  for (const one of customers) {
    await writerOf(one).send(customerUpdates, one.id, profileOf(one, Date.now()));
    await score(one);
  }
  for (const writer of Object.values(writers)) await writer.flush();
  atEnd(async () => {
    for (const one of customers) await score({ ...one, band: "LOW", score: 0.01 });
    for (const writer of Object.values(writers)) await writer.close();
  });
};
