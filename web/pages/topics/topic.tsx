import { type ReactNode, useState } from "react";
import { useParams } from "wouter";
import type { Message, MessagesAnswer, TopicAnswer } from "../../../src/serve/messages/topics.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { Export } from "../../parts/export.tsx";
import { count } from "../../parts/figures.tsx";
import { Panel, Screen } from "../../parts/panel.tsx";
import { togglePause, usePausedAt } from "../../parts/pause.ts";
import { Empty, Fault, NotYet, Skeleton } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import { useMay } from "../../session/use-session.ts";
import { Facts } from "./facts.tsx";
import { LiveEmpty, LiveHead } from "./live.tsx";
import { Messages } from "./messages.tsx";
import { Produce } from "./produce.tsx";
import { Seek } from "./seek.tsx";
import "./topics.css";
import { useTail } from "./use-tail.ts";
import { type Choose, messagesPath, tailPath, useWish, type Wish } from "./use-wish.ts";
import { rowOf } from "./words.ts";

const freshMs = 5_000;

/** How far was looked, and what stopped it. */
const Looked = ({ page }: { page: MessagesAnswer }) => {
  const { looked, until, took_ms: ms, filter } = page;
  return (
    <p className="small soft topic-looked" role="status">
      Looked at {count(looked)} {looked === 1 ? "record" : "records"}
      {until !== null && (
        <>
          {" "}
          until <Time at={until} as="clock" />
        </>
      )}{" "}
      in {count(ms)} ms.
      {filter?.stopped != null && <b> The filter was ended: {filter.stopped}</b>}
      {filter != null && filter.failed > 0 && (
        <>
          {" "}
          On {count(filter.failed)} it could not be computed, as on the first: {filter.failure}.
        </>
      )}
    </p>
  );
};

type PageProps = {
  page: MessagesAnswer;
  /** It is of an earlier question; this one is being looked into. */
  earlier: boolean;
  wish: Wish;
  choose: Choose;
  list: ReactNode;
};

const anywhere: Wish = { key: "", filter: "", partition: "", from: "", direction: "" };

const Nothing = ({ wish, page, choose }: Pick<PageProps, "wish" | "page" | "choose">) => {
  if (page.next !== null)
    return (
      <Empty says="Nothing fits among the records that were looked at so far: go on with n." />
    );
  if (!(wish.key ?? wish.filter ?? wish.partition ?? wish.from))
    return <NotYet says="There is no record here yet, or none is kept any more." />;
  return (
    <Empty says="Nothing fits here: there is no further record that way.">
      <button type="button" className="button" onClick={() => choose(anywhere)}>
        Show the newest of all
      </button>
    </Empty>
  );
};

const Page = ({ page, earlier, wish, choose, list }: PageProps) => {
  const older = wish.direction !== "newer";
  const isSearch = (wish.filter ?? wish.key) !== undefined;
  return (
    <div className={earlier ? "topic-earlier" : undefined} aria-busy={earlier}>
      {page.messages.length === 0 && !earlier ? <Nothing {...{ wish, page, choose }} /> : list}
      <div className="panel-body topic-foot">
        {earlier ? <p className="small topic-looked">Looking …</p> : <Looked page={page} />}
        {page.next !== null && !earlier && (
          <button
            type="button"
            className="button"
            onClick={() => choose({ at: page.next ?? undefined, open: undefined }, { push: true })}
          >
            {isSearch && page.messages.length === 0 ? "Continue" : older ? "Older" : "Newer"}{" "}
            <kbd>n</kbd>
          </button>
        )}
        {wish.at !== undefined && (
          <button type="button" className="button" onClick={() => window.history.back()}>
            Back <kbd>b</kbd>
          </button>
        )}
      </div>
    </div>
  );
};

/** What is shown: a page, or what comes live; and the row that the keys stand on. */
const useShown = (name: string, wish: Wish, paused: boolean) => {
  const live = wish.live !== undefined;
  const answer = useAnswer<MessagesAnswer>(live ? null : messagesPath(name, wish));
  const tail = useTail(live ? tailPath(name, wish) : null, paused);
  const messages: readonly Message[] = live ? tail.messages : (answer.data?.messages ?? []);
  return { live, answer, tail, messages };
};

const Topic = ({ topic }: { topic: TopicAnswer }) => {
  const [wish, choose] = useWish();
  const paused = usePausedAt() !== null;
  // Nothing may move under the pointer.
  const [pointed, setPointed] = useState(false);
  const [selected, select] = useState(wish.open ?? "");
  const [writing, write] = useState(false);
  const mayWrite = useMay("POST /topics/:name/messages") && topic.refused === null;
  const { live, answer, tail, messages } = useShown(topic.name, wish, paused || pointed);
  const { data: page, fault } = answer;
  const at = messages.findIndex(({ place }) => place === selected);
  const toggle = (place: string) => {
    select(place);
    choose({ open: place === wish.open ? undefined : place });
  };
  const step = (by: number) =>
    select(messages[Math.min(messages.length - 1, Math.max(0, at + by))]?.place ?? "");
  const next = () =>
    !answer.earlier && page?.next && choose({ at: page.next, open: undefined }, { push: true });
  useKeys(`Topic ${topic.name}`, [
    { keys: "j", does: "Next message", run: () => step(1) },
    { keys: "k", does: "Message before", run: () => step(-1) },
    { keys: "Enter", does: "Open or close the message", run: () => selected && toggle(selected) },
    { keys: "n", does: "Next page", run: () => void next() },
    { keys: "b", does: "Page before", run: () => window.history.back() },
    { keys: "f", does: "Filter", run: () => document.getElementById("topic-filter")?.focus() },
    { keys: "l", does: "Live, or not", run: () => choose({ live: live ? undefined : "1" }) },
  ]);
  const shared = { topic, messages, selected, open: wish.open ?? "" };
  const list = <Messages {...shared} onToggle={toggle} />;
  return (
    <Screen
      title={topic.name}
      says={topic.says}
      acts={
        <>
          {mayWrite && (
            <button type="button" className="button" onClick={() => write(true)}>
              Write a record
            </button>
          )}
          <Export name={topic.name} rows={messages.map(rowOf)} />
        </>
      }
    >
      <Facts topic={topic} />
      <Panel title="Messages" aside="Personal fields are masked; filters see what you see">
        <Seek topic={topic} wish={wish} choose={choose} fault={fault} />
        {live && <LiveHead tail={tail} paused={paused} pointed={pointed} onPause={togglePause} />}
        {fault && fault.code !== "FILTER_WRONG" && <Fault fault={fault} again={answer.again} />}
        {live && (
          <div onPointerEnter={() => setPointed(true)} onPointerLeave={() => setPointed(false)}>
            {messages.length > 0 ? list : <LiveEmpty tail={tail} />}
          </div>
        )}
        {!live && answer.loading && <Skeleton rows={10} />}
        {!live && page && !fault && (
          <Page page={page} earlier={answer.earlier} wish={wish} choose={choose} list={list} />
        )}
      </Panel>
      {writing && <Produce topic={topic} open onClose={() => write(false)} />}
    </Screen>
  );
};

/** One topic: what it is, and what lies on it from any place on. */
export default function TopicScreen() {
  const { name = "" } = useParams<{ name: string }>();
  const path = `/topics/${name}`;
  const { data, fault, again } = useAnswer<TopicAnswer>(path, { everyMs: freshMs });
  if (data !== undefined) return <Topic key={data.name} topic={data} />;
  return (
    <Screen title="Topic">
      <Panel title={decodeURIComponent(name)}>
        {fault ? <Fault fault={fault} again={again} /> : <Skeleton rows={12} />}
      </Panel>
    </Screen>
  );
}
