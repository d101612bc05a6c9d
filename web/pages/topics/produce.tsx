import { useState } from "react";
import type { ProducedAnswer, TopicAnswer } from "../../../src/serve/messages/topics.ts";
import { ask, type Refusal } from "../../api/ask.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Fault } from "../../parts/states.tsx";
import { tell } from "../../parts/toast.tsx";

type ProduceProps = { topic: TopicAnswer; open: boolean; onClose: () => void };

type State = {
  key: string;
  text: string;
  /** What the API said of exactly this key and value. */
  checked: ProducedAnswer | null;
  wrong: string | null;
  fault: Refusal | null;
  busy: boolean;
};

const beginOf = ({ example }: TopicAnswer): State => ({
  key: "",
  text: JSON.stringify(example, null, 2),
  checked: null,
  wrong: null,
  fault: null,
  busy: false,
});

const readValue = (text: string): { value: unknown } | { wrong: string } => {
  try {
    return { value: JSON.parse(text) };
  } catch (thrown) {
    return { wrong: `The value is not JSON: ${(thrown as Error).message}` };
  }
};

const Verdict = ({ state, partitions }: { state: State; partitions: number }) => {
  const { checked, wrong, fault } = state;
  if (fault) return <Fault fault={fault} />;
  if (wrong !== null) return <p role="alert">{wrong}</p>;
  if (checked === null) return null;
  if (checked.faults.length === 0)
    return (
      <p role="status">
        It keeps the contract. Key {checked.key} goes to partition {checked.partition} of{" "}
        {partitions}. Nothing was written so far.
      </p>
    );
  return (
    <div role="alert">
      <dl className="message-fields">
        {checked.faults.map(({ field, says }) => (
          <div key={`${field} ${says}`} style={{ display: "contents" }}>
            <dt className="mono">{field}</dt>
            <dd>{says}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
};

/** One record by hand: checked first, then written under one's own name. */
export const Produce = ({ topic, open, onClose }: ProduceProps) => {
  const [state, setState] = useState(() => beginOf(topic));
  const change = (changes: Partial<State>) =>
    setState((earlier) => ({ ...earlier, checked: null, wrong: null, fault: null, ...changes }));
  const send = async (confirm: boolean) => {
    const read = readValue(state.text);
    if ("wrong" in read) {
      change({ wrong: read.wrong });
      return;
    }
    change({ busy: true });
    try {
      const path = `/topics/${encodeURIComponent(topic.name)}/messages`;
      const body = { value: read.value, confirm, ...(state.key && { key: state.key }) };
      const checked = await ask<ProducedAnswer>(path, { method: "POST", body });
      change({ checked, busy: false });
      if (!checked.written) return;
      tell(`One record was written to ${topic.name}, under your name.`);
      onClose();
    } catch (thrown) {
      change({ fault: thrown as Refusal, busy: false });
    }
  };
  const isReady = state.checked?.faults.length === 0;
  return (
    <Dialog
      title={`Write a record to ${topic.name}`}
      says="Whoever reads the topic acts on it as on any other. Your name stays in its header."
      open={open}
      onClose={onClose}
      className="produce"
    >
      <form
        className="produce-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!state.busy) void send(isReady);
        }}
      >
        <label className="field">
          <span>Key ({topic.key}); empty: the value's own</span>
          <input value={state.key} onChange={(event) => change({ key: event.target.value })} />
        </label>
        <label className="field">
          <span>Value</span>
          <textarea
            className="mono"
            rows={14}
            spellCheck={false}
            value={state.text}
            onChange={(event) => change({ text: event.target.value })}
          />
        </label>
        <Verdict state={state} partitions={topic.partitions} />
        <div className="dialog-acts">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={state.busy}>
            {isReady ? `Write 1 record to ${topic.name}` : "Check it"}
          </button>
        </div>
      </form>
    </Dialog>
  );
};
