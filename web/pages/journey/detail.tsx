import { Link } from "wouter";
import type { Hop } from "../../../src/serve/messages/journey.ts";
import { withQuery } from "../../api/ask.ts";
import { Panel } from "../../parts/panel.tsx";
import { HeaderFields, journeyPath, Value } from "../topics/messages.tsx";

const topicPath = ({ topic, partition, offset, id }: Hop): string =>
  withQuery(`/topics/${encodeURIComponent(topic ?? "")}`, { partition, from: offset, open: id });

const missing: Record<string, string> = {
  timer:
    "A deadline of the customer's row was reached: no record says so, what follows from it does.",
  gone: "The record is no longer in Kafka, and not in the archive: only its place is known.",
};

/** A hop's record: its value, masked, and its header. */
export const Detail = ({ hop }: { hop: Hop }) => (
  <Panel
    title={hop.says}
    aside={
      hop.message && (
        <span className="message-links journey-links">
          <Link href={topicPath(hop)}>In its topic</Link>
          <Link href={journeyPath(hop.id)}>Journey from here</Link>
          <Link href={`/contracts/${encodeURIComponent(hop.topic ?? "")}`}>Contract</Link>
        </span>
      )
    }
  >
    <div className="panel-body">
      {hop.ended !== null && <p className="journey-ended">{hop.ended}</p>}
      {hop.message === null ? (
        <p className="soft">{missing[hop.state]}</p>
      ) : (
        <div className="message-open journey-open">
          <Value message={hop.message} />
          <HeaderFields message={hop.message} />
        </div>
      )}
    </div>
  </Panel>
);
