import { useState } from "react";
import type { CauseAnswer, RedriveAskedAnswer } from "../../../src/serve/messages/dead-letters.ts";
import { ask } from "../../api/ask.ts";
import { SecondPerson, sentence } from "../../parts/approvals.tsx";
import { Confirm } from "../../parts/dialog.tsx";
import { count } from "../../parts/figures.tsx";
import { tell } from "../../parts/toast.tsx";

type ManyProps = {
  cause: CauseAnswer;
  open: boolean;
  onClose: () => void;
  onDone: () => void;
};

/** More than these need a second person; the API holds to it. */
const aloneMost = 20;

const within = (text: string, most: number): number | undefined => {
  const n = Number(text);
  return Number.isInteger(n) && n >= 1 && n <= most ? n : undefined;
};

/** As the API says it. */
const effectOf = (n: number, perSecond: number, group: string): string => {
  const s = Math.max(1, Math.round(n / perSecond));
  const took = s < 120 ? `${s} s` : `${Math.round(s / 60)} min`;
  const records = n === 1 ? "1 record" : `${count(n)} records`;
  return `redrive ${records} to ${group} at ${perSecond}/s, about ${took}`;
};

/** Puts back records of a cause at a rate; says before what that brings about. */
export const RedriveMany = ({ cause, open, onClose, onDone }: ManyProps) => {
  const [most, setMost] = useState(String(Math.min(cause.records, 1_000)));
  const [rate, setRate] = useState("50");
  const wanted = within(most, 100_000);
  const perSecond = within(rate, 1_000);
  const n = Math.min(wanted ?? 0, cause.records);
  const effect =
    perSecond === undefined || n === 0 ? undefined : effectOf(n, perSecond, cause.group ?? "");
  const alone = n <= aloneMost;
  const run = async () => {
    const body = { cause: cause.cause, most: wanted, per_second: perSecond };
    const asked = await ask<RedriveAskedAnswer>("/dead-letters/redrive", { method: "POST", body });
    tell(asked.approval ? "Asked. Another person must agree." : "The redrive has begun.");
    onDone();
  };
  return (
    <Confirm
      title={`Redrive records to ${cause.group}`}
      says="The oldest first, as they came; other readers of the topic leave them out."
      open={open}
      onClose={onClose}
      act={
        effect === undefined
          ? "Redrive"
          : alone
            ? sentence(effect).slice(0, -1)
            : "Ask a second person"
      }
      ready={effect !== undefined}
      run={run}
    >
      <div className="letters-numbers">
        <label className="field">
          <span>How many, of {count(cause.records)}</span>
          <input
            inputMode="numeric"
            value={most}
            onChange={(event) => setMost(event.target.value)}
          />
        </label>
        <label className="field">
          <span>How many a second, at most 1,000</span>
          <input
            inputMode="numeric"
            value={rate}
            onChange={(event) => setRate(event.target.value)}
          />
        </label>
      </div>
      {effect !== undefined && <p>{sentence(effect)}</p>}
      {!alone && <SecondPerson />}
    </Confirm>
  );
};
