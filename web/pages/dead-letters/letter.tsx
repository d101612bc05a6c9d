import { useRef, useState } from "react";
import { Link } from "wouter";
import type { LetterAnswer } from "../../../src/serve/messages/dead-letters.ts";
import { ask, withQuery } from "../../api/ask.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { Id } from "../../parts/id.tsx";
import { Fault } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import { tell } from "../../parts/toast.tsx";
import { Bytes } from "./bytes.tsx";
import { Fields } from "./fields.tsx";
import { RedriveOne } from "./redrive-one.tsx";
import { SetAside } from "./set-aside.tsx";
import { Tried } from "./tried.tsx";
import { useEdit } from "./use-edit.ts";
import { reasonWords, stateNames } from "./words.ts";

type LetterProps = {
  letter: LetterAnswer;
  /** Whether this person may do something about it. */
  mayAct: boolean;
  onDone: () => void;
};

const Facts = ({ letter }: { letter: LetterAnswer }) => (
  <dl className="letters-facts">
    <dt>From</dt>
    <dd>
      <Link href={`/topics/${encodeURIComponent(letter.topic)}`}>{letter.topic}</Link>{" "}
      <Id id={letter.origin} most={40} />
    </dd>
    <dt>Refused by</dt>
    <dd>
      {letter.processor} <Time at={letter.time} />
    </dd>
    <dt>Key</dt>
    <dd>
      {letter.key === null ? <span className="soft">none</span> : <Id id={letter.key} most={40} />}
    </dd>
    <dt>Header</dt>
    <dd>
      {letter.header ? (
        <>
          {letter.header.type} by {letter.header.source}, event time{" "}
          <Time at={letter.header.event_time} as="clock" />,{" "}
          <Link href={withQuery("/journey", { event: letter.origin })}>its journey</Link>
        </>
      ) : (
        <span className="soft">none of ours</span>
      )}
    </dd>
    {letter.state !== "open" && (
      <>
        <dt>Now</dt>
        <dd>
          {stateNames[letter.state]}
          {letter.settled_by && ` by ${letter.settled_by}`}
          {letter.settled_because && `: ${letter.settled_because}`}
        </dd>
      </>
    )}
  </dl>
);

const lineSigns = 80;

/** As high as the text needs, within reason. */
const rowsFor = (text: string): number => {
  const lines = text.split("\n").map((line) => Math.max(1, Math.ceil(line.length / lineSigns)));
  return Math.min(
    22,
    lines.reduce((sum, n) => sum + n, 1),
  );
};

/** What stands above the text: how much of it is hidden, and how it stands after an edit. */
const textSays = (letter: LetterAnswer, edited: boolean): string => {
  const parts = [
    letter.text_is_whole ? "" : "the beginning of it",
    letter.masked === 1 ? "1 piece of personal data is masked" : "",
    letter.masked > 1 ? `${letter.masked} pieces of personal data are masked` : "",
    letter.masked > 0 && edited ? "leave their tokens where they stand" : "",
  ];
  return parts.filter(Boolean).join("; ");
};

/** One dead letter: its error, its fields against the contract, its text, its bytes, the acts. */
export const Letter = ({ letter, mayAct, onDone }: LetterProps) => {
  const edit = useEdit(letter);
  const area = useRef<HTMLTextAreaElement>(null);
  const [asking, setAsking] = useState<"redrive" | "aside" | null>(null);
  const canEdit = mayAct && letter.text_is_whole && letter.redrivable;
  const canRedrive = mayAct && letter.redrivable;
  const waits = letter.state === "open" || letter.state === "sending";
  const putBack = async () => {
    const body = { at: letter.at, processor: letter.processor };
    await ask("/dead-letters/put-back", { method: "POST", body });
    tell("It waits again.");
    onDone();
  };
  useKeys("Dead letter", [
    { keys: "e", does: "Edit the text", run: () => area.current?.focus(), may: mayAct },
    { keys: "d", does: "Dry run", run: () => void (mayAct && edit.dryRun()), may: mayAct },
    { keys: "r", does: "Redrive it", run: () => canRedrive && setAsking("redrive"), may: mayAct },
    {
      keys: "x",
      does: "Set it aside",
      run: () => mayAct && waits && setAsking("aside"),
      may: mayAct,
    },
  ]);
  const fields = edit.check?.fields ?? letter.fields;
  const refusal = edit.check ? edit.check.refusal : letter.refusal;
  const error = edit.edited ? refusal?.detail : (letter.detail ?? refusal?.detail);
  const reason = edit.edited ? (refusal?.reason ?? "") : letter.reason;
  const says = textSays(letter, edit.edited);
  return (
    <div className="letters-letter">
      <p className={error ? "letters-refusal" : "letters-fine"} role="status">
        <b>{error ? reasonWords(reason) : "Fits"}</b>{" "}
        {error ??
          (edit.edited ? "Edited so, it keeps its contract." : "It keeps its contract now.")}
      </p>
      <Facts letter={letter} />
      <Fields fields={fields} />
      {letter.text !== null && (
        <div className="letters-part">
          <div className="letters-part-head">
            <h3>Text</h3>
            <span className="soft small">{says}</span>
          </div>
          <textarea
            ref={area}
            className="letters-text"
            aria-label="Text of the record"
            spellCheck={false}
            readOnly={!canEdit}
            rows={rowsFor(edit.draft)}
            value={edit.draft}
            onChange={(event) => edit.setDraft(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape") event.currentTarget.blur();
            }}
          />
        </div>
      )}
      {edit.fault && <Fault fault={edit.fault} />}
      {mayAct ? (
        <div className="acts letters-acts">
          <button type="button" className="button" disabled={edit.busy} onClick={edit.dryRun}>
            Dry run <kbd>d</kbd>
          </button>
          <button
            type="button"
            className="button primary"
            disabled={!canRedrive || (edit.edited && edit.check?.keeps !== true)}
            onClick={() => setAsking("redrive")}
          >
            {edit.edited ? "Redrive as edited" : "Redrive"} <kbd>r</kbd>
          </button>
          {waits && (
            <button type="button" className="button" onClick={() => setAsking("aside")}>
              Set aside <kbd>x</kbd>
            </button>
          )}
          {(letter.state === "set_aside" || letter.state === "sending") && (
            <button type="button" className="button" onClick={() => void putBack()}>
              Put back
            </button>
          )}
          {edit.edited && (
            <button type="button" className="button" onClick={() => edit.setDraft(edit.original)}>
              As it came
            </button>
          )}
          {letter.hindrance && <span className="soft small">{letter.hindrance}</span>}
        </div>
      ) : (
        <p className="soft small letters-part">Leads and engineers may try, edit and redrive it.</p>
      )}
      {edit.tried && <Tried tried={edit.tried} />}
      <Bytes letter={letter} />
      <RedriveOne
        letter={letter}
        edit={edit}
        open={asking === "redrive"}
        onClose={() => setAsking(null)}
        onDone={onDone}
      />
      <SetAside
        what={{ at: letter.at, processor: letter.processor }}
        title="Set this record aside?"
        act="Set 1 record aside"
        open={asking === "aside"}
        onClose={() => setAsking(null)}
        onDone={onDone}
      />
    </div>
  );
};
