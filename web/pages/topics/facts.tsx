import type { ReactNode } from "react";
import { Link } from "wouter";
import type { TopicAnswer } from "../../../src/serve/messages/topics.ts";
import { withQuery } from "../../api/ask.ts";
import { bytes, count, Known } from "../../parts/figures.tsx";
import { duration } from "../../parts/time.tsx";
import { rateOf } from "./words.ts";

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt className="small soft">{name}</dt>
    <dd>{children}</dd>
  </div>
);

const lagOf = (topic: TopicAnswer, group: string): string => {
  const lag = topic.lag.find((one) => one.group === group || one.group.endsWith(`.${group}`));
  if (lag === undefined) return "";
  if (lag.records === 0) return "no lag";
  const behind =
    lag.seconds === null ? "for an unknown time" : `by ${duration(lag.seconds * 1_000)}`;
  return `${count(lag.records)} behind, ${behind}`;
};

const Reader = ({ name, group }: { name: string; group: string | null }) =>
  group === null ? name : <Link href={withQuery("/groups", { group })}>{name}</Link>;

/** What a topic is: its size, who writes and reads it, and how long it keeps what. */
export const Facts = ({ topic }: { topic: TopicAnswer }) => (
  <section className="panel" aria-label="About the topic">
    <dl className="panel-body topic-facts">
      <Fact name="Records">
        <Known value={topic.records} />
      </Fact>
      <Fact name="Per second">
        <Known value={rateOf(topic.per_s)} />
      </Fact>
      <Fact name="Size, about">
        <Known value={topic.bytes === null ? null : bytes(topic.bytes)} />
      </Fact>
      <Fact name="Partitions">{topic.partitions}</Fact>
      <Fact name="Kept">
        {topic.compacted
          ? "the newest of each key, for ever"
          : topic.retention_ms === null
            ? "for ever"
            : duration(topic.retention_ms)}
      </Fact>
      <Fact name="Key">{topic.key ?? "as its processor's"}</Fact>
      <Fact name="Owner">{topic.owner ?? <Known value={null} />}</Fact>
      <Fact name="Written by">
        {topic.writers.length === 0 ? "commands" : topic.writers.map(({ name }) => name).join(", ")}
      </Fact>
      <Fact name="Read by">
        {topic.readers.length === 0
          ? "nobody"
          : topic.readers.map(({ name, group }, at) => (
              <span key={name}>
                {at > 0 && " · "}
                <Reader name={name} group={group} />{" "}
                <span className="soft">{group !== null && lagOf(topic, group)}</span>
              </span>
            ))}
      </Fact>
    </dl>
    {topic.refused !== null && (
      <p className="panel-body small soft topic-refused">
        By hand nothing is written here: {topic.refused}
      </p>
    )}
  </section>
);
