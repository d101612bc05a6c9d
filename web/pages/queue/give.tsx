import { useState } from "react";
import { Confirm } from "../../parts/dialog.tsx";
import { Effect } from "./effect.tsx";
import type { Act } from "./use-acts.ts";
import { useEffectOf } from "./use-effect-of.ts";

type GiveProps = {
  customers: readonly string[];
  /** Whom it is usually given to. */
  people: readonly string[];
  /** Whoever is named already; else it is asked. */
  to: string | undefined;
  open: boolean;
  onClose: () => void;
  act: (act: Act, customers: readonly string[]) => Promise<void>;
};

/** Gives customers to somebody, after saying what that changes. */
export const Give = ({ customers, people, to, open, onClose, act }: GiveProps) => {
  const [name, setName] = useState("");
  const whom = to ?? name.trim();
  const what: Act = { path: "assign", body: { to: whom } };
  const many = customers.length > 1;
  const effect = useEffectOf(open && whom !== "" ? what : null, customers);
  const count = customers.length === 1 ? customers[0] : `${customers.length} customers`;
  return (
    <Confirm
      title={to === undefined ? `Give ${count} to somebody` : `Take ${count}`}
      act={to === undefined ? `Give ${count}` : `Take ${count}`}
      ready={whom !== "" && (!many || effect !== null)}
      open={open}
      onClose={onClose}
      run={() => act(what, customers)}
    >
      {to === undefined && (
        <label className="field">
          <span>To whom, by the name they sign in with</span>
          <input
            list="queue-people"
            value={name}
            maxLength={200}
            onChange={(event) => setName(event.target.value)}
          />
          <datalist id="queue-people">
            {people.map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </label>
      )}
      {many && whom !== "" && <Effect says={effect} />}
    </Confirm>
  );
};
