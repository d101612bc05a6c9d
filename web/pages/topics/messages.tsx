import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "wouter";
import type { Message, TopicAnswer } from "../../../src/serve/messages/topics.ts";
import { withQuery } from "../../api/ask.ts";
import { bytes } from "../../parts/figures.tsx";
import { Id } from "../../parts/id.tsx";
import { absoluteTime, Time } from "../../parts/time.tsx";
import { useZone, type Zone } from "../../parts/zone.ts";
import { firstFields, isPlace } from "./words.ts";

export const journeyPath = (event: string): string => withQuery("/journey", { event });

const Field = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt className="soft">{name}</dt>
    <dd>{children}</dd>
  </>
);

/** A header may say a number that is no time. */
const when = (text: string, zone: Zone): string =>
  Number.isNaN(Date.parse(text))
    ? `${text}, which is no time`
    : absoluteTime(Date.parse(text), zone);

/** What a header says, field by field. */
export const HeaderFields = ({ message }: { message: Message }) => {
  const zone = useZone();
  const { header, headers, place, time } = message;
  return (
    <dl className="message-fields">
      <Field name="Place">
        <Id id={place} most={48} />
      </Field>
      <Field name="Appended">{absoluteTime(Date.parse(time), zone)}</Field>
      {header === null ? (
        <Field name="Header">None that we know</Field>
      ) : (
        <>
          <Field name="Event time">{when(header.event_time, zone)}</Field>
          <Field name="Came in">{when(header.ingest_time, zone)}</Field>
          <Field name="Written by">{header.source}</Field>
          <Field name="Caused by">
            {header.origin === header.id ? (
              "nothing: it came from outside"
            ) : isPlace(header.origin) ? (
              <Link href={journeyPath(header.origin)} className="mono">
                {header.origin}
              </Link>
            ) : (
              <span className="mono">{header.origin}</span>
            )}
          </Field>
          <Field name="Id">
            <Id id={header.id} most={40} />
          </Field>
          <Field name="Trace">
            <Id id={header.trace} most={40} />
          </Field>
          <Field name="Schema">version {header.schema}</Field>
        </>
      )}
      {headers.map(({ name, value }) => (
        <Field key={name} name={`Header ${name}`}>
          <span className="mono">{value}</span>
        </Field>
      ))}
    </dl>
  );
};

/** A value as it was decoded; of bytes their beginning. */
export const Value = ({ message }: { message: Message }) => (
  <div className="message-content">
    {message.note !== null && <p className="soft">{message.note}</p>}
    {message.form !== "tombstone" && (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      <section className="message-value" tabIndex={0} aria-label="Value">
        <pre>
          {message.form === "json" ? JSON.stringify(message.value, null, 2) : message.preview}
        </pre>
      </section>
    )}
  </div>
);

/** Where the architecture shows who wrote a message. */
const producerPath = ({ name }: TopicAnswer, { writer }: Message): string =>
  withQuery("/architecture", { selected: writer ?? `topic:${name}` });

type OpenedProps = { topic: TopicAnswer; message: Message };

const Opened = ({ topic, message }: OpenedProps) => (
  <div className="message-open">
    <Value message={message} />
    <div>
      <HeaderFields message={message} />
      <p className="message-links">
        <Link href={journeyPath(message.place)}>Journey</Link>
        <Link href={`/contracts/${encodeURIComponent(topic.name)}`}>Contract</Link>
        {message.header && <Link href={producerPath(topic, message)}>Producer</Link>}
      </p>
    </div>
  </div>
);

type RowProps = {
  topic: TopicAnswer;
  message: Message;
  isSelected: boolean;
  isOpen: boolean;
  onToggle: () => void;
};

const Row = ({ topic, message, isSelected, isOpen, onToggle }: RowProps) => {
  const line = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isSelected) line.current?.scrollIntoView({ block: "nearest" });
  }, [isSelected]);
  return (
    <li ref={line} className={isSelected ? "message selected" : "message"}>
      <button type="button" className="message-line" aria-expanded={isOpen} onClick={onToggle}>
        <Time at={message.time} as="clock" />
        <span className="message-key">{message.key ?? <i className="soft">no key</i>}</span>
        <span className="soft message-type">{message.type?.replaceAll("_", " ") ?? ""}</span>
        <span className="number soft">{bytes(message.size)}</span>
        <span className={message.note ? "message-first odd" : "message-first"}>
          {firstFields(message)}
        </span>
      </button>
      {isOpen && <Opened topic={topic} message={message} />}
    </li>
  );
};

type MessagesProps = {
  topic: TopicAnswer;
  messages: readonly Message[];
  selected: string;
  open: string;
  onToggle: (place: string) => void;
};

/** Messages as one line each, which opens in its place. */
export const Messages = ({ topic, messages, selected, open, onToggle }: MessagesProps) => (
  <>
    <div className="message-line message-titles" aria-hidden="true">
      <span>Appended</span>
      <span>Key</span>
      <span>Type</span>
      <span className="number">Size</span>
      <span>First fields</span>
    </div>
    <ul className="messages" aria-label="Messages">
      {messages.map((message) => (
        <Row
          key={message.place}
          topic={topic}
          message={message}
          isSelected={message.place === selected}
          isOpen={message.place === open}
          onToggle={() => onToggle(message.place)}
        />
      ))}
    </ul>
  </>
);
