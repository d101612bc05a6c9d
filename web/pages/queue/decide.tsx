import { useState } from "react";
import type { CaseReason, DecisionKind } from "../../../src/events/case.ts";
import { Confirm } from "../../parts/dialog.tsx";
import { Effect } from "./effect.tsx";
import type { Act } from "./use-acts.ts";
import { useEffectOf } from "./use-effect-of.ts";
import { decisions, reasons } from "./words.ts";

type DecideProps = {
  customers: readonly string[];
  open: boolean;
  onClose: () => void;
  act: (act: Act, customers: readonly string[]) => Promise<void>;
};

const decisionKinds = Object.keys(decisions) as DecisionKind[];
const reasonCodes = Object.keys(reasons) as CaseReason[];

const namesOf = (customers: readonly string[]): string =>
  customers.length === 1 ? customers[0] : `${customers.length} customers`;

/** Asks what is decided, and why. For several customers it says first what that changes. */
export const Decide = ({ customers, open, onClose, act }: DecideProps) => {
  const [decision, setDecision] = useState<DecisionKind>("contact_by_person");
  const [codes, setCodes] = useState<readonly CaseReason[]>([]);
  const [note, setNote] = useState("");
  const [days, setDays] = useState<number | null>(null);
  const restDays = days ?? decisions[decision].days;
  const what: Act = {
    path: "decide",
    body: {
      decision,
      reason_codes: [...codes],
      rest_days: restDays,
      ...(note.trim() === "" ? {} : { note: note.trim() }),
    },
  };
  const usable = codes.length > 0 && restDays >= 1 && restDays <= 90;
  const tried: Act = { ...what, body: { ...what.body, note: undefined, reason_codes: ["other"] } };
  const effect = useEffectOf(open ? tried : null, customers);
  const many = customers.length > 1;
  const toggle = (code: CaseReason) =>
    setCodes((now) => (now.includes(code) ? now.filter((one) => one !== code) : [...now, code]));
  const run = async () => {
    await act(what, customers);
    setCodes([]);
    setNote("");
    setDays(null);
  };
  return (
    <Confirm
      title={`Decide about ${namesOf(customers)}`}
      says="It leaves the queue until it has rested, or the risk rises to another band."
      act={many ? `Decide ${namesOf(customers)}` : "Decide"}
      ready={usable && (!many || effect !== null)}
      open={open}
      onClose={onClose}
      run={run}
      className="queue-decide"
    >
      <fieldset className="queue-choices">
        <legend>What</legend>
        {decisionKinds.map((kind) => (
          <label key={kind}>
            <input
              type="radio"
              name="decision"
              checked={decision === kind}
              onChange={() => setDecision(kind)}
            />
            <span>
              {decisions[kind].name} <span className="soft">{decisions[kind].says}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <fieldset className="queue-choices queue-reasons">
        <legend>Why, at least one</legend>
        {reasonCodes.map((code) => (
          <label key={code}>
            <input type="checkbox" checked={codes.includes(code)} onChange={() => toggle(code)} />
            <span>{reasons[code]}</span>
          </label>
        ))}
      </fieldset>
      <label className="field">
        <span>Note, without names or numbers of accounts</span>
        <textarea
          rows={2}
          maxLength={2_000}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
      </label>
      <label className="field">
        <span>Rests for, in days</span>
        <input
          type="number"
          min={1}
          max={90}
          value={restDays}
          onChange={(event) => setDays(Number(event.target.value))}
        />
      </label>
      {many && <Effect says={effect} />}
    </Confirm>
  );
};
