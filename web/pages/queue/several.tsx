import { Confirm } from "../../parts/dialog.tsx";
import { Effect } from "./effect.tsx";
import type { Act } from "./use-acts.ts";
import { useEffectOf } from "./use-effect-of.ts";

type SeveralProps = {
  what: Act;
  verb: string;
  customers: readonly string[];
  open: boolean;
  onClose: () => void;
  act: (act: Act, customers: readonly string[]) => Promise<void>;
};

/** Asks before something is done to several customers at once, and says what it changes. */
export const Several = ({ what, verb, customers, open, onClose, act }: SeveralProps) => {
  const effect = useEffectOf(open ? what : null, customers);
  const says = `${verb} ${customers.length} customers`;
  return (
    <Confirm
      title={says}
      act={says}
      ready={effect !== null}
      open={open}
      onClose={onClose}
      run={() => act(what, customers)}
    >
      <Effect says={effect} />
    </Confirm>
  );
};
