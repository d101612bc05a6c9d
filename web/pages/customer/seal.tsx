import { useState } from "react";
import type { DecisionAnswer } from "../../../src/serve/messages.ts";
import { ask, type Refusal } from "../../api/ask.ts";
import { count } from "../../parts/figures.tsx";
import { Id } from "../../parts/id.tsx";
import { Fault } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";
import { type Explained, microsOf } from "./factor-words.ts";

type Checked = { at: number; seal: DecisionAnswer["seal"]; explained: Explained };

/** What was looked at, and what was found. */
const Found = ({ at, seal, explained }: Checked) => {
  const parts = Object.values(explained.contributions);
  const sum = parts.reduce((total, part) => total + microsOf(part), microsOf(explained.base_value));
  const adds = explained.log_odds == null || sum === microsOf(explained.log_odds);
  const isIntact = seal?.intact === true && adds;
  return (
    <p className={isIntact ? "seal-found good" : "seal-found bad"} role="status">
      {isIntact
        ? "Intact: the hash was computed again from the whole explanation, its values, reasons, " +
          "scores and versions, and is the one that was sealed. Its base and " +
          `${count(parts.length)} contributions add up to its log-odds.`
        : (seal?.detail ?? "Its parts do not add up to its log-odds.")}{" "}
      <span className="soft">
        Checked <Time at={at} />.
      </span>
    </p>
  );
};

type SealProps = { prediction: Explained; seal: DecisionAnswer["seal"] };

/** The hash that a score was sealed with, and a check of it by computing it again. */
export const Seal = ({ prediction, seal }: SealProps) => {
  const [checked, setChecked] = useState<Checked | null>(null);
  const [fault, setFault] = useState<Refusal | null>(null);
  const verify = async () => {
    setFault(null);
    try {
      const id = encodeURIComponent(prediction.prediction_id);
      const answer = await ask<DecisionAnswer>(`/decisions/${id}`);
      const explained = answer.prediction as unknown as Explained;
      setChecked({ at: Date.now(), seal: answer.seal, explained });
    } catch (thrown) {
      setFault(thrown as Refusal);
    }
  };
  return (
    <footer className="seal">
      <div className="seal-line">
        {prediction.seal ? (
          <span>
            Sealed <Time at={prediction.event_time} as="clock" /> · sha256{" "}
            <Id id={prediction.seal} />
          </span>
        ) : (
          <span>{seal?.detail ?? "It bears no seal."}</span>
        )}
        <button type="button" className="button" onClick={() => void verify()}>
          Verify
        </button>
      </div>
      {checked && <Found {...checked} />}
      {fault && <Fault fault={fault} />}
    </footer>
  );
};
