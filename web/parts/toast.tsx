import { useEffect, useState, useSyncExternalStore } from "react";

type Toast = { id: number; says: string; act?: { name: string; run: () => void }; forMs: number };

let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();
const change = (to: readonly Toast[]) => {
  toasts = to;
  for (const hear of listeners) hear();
};
const drop = (id: number) => change(toasts.filter((one) => one.id !== id));

/**
 * Says in passing what was done, with one act such as Undo for as long as that is possible.
 * Answers how to take it away.
 */
export const tell = (
  says: string,
  act?: Toast["act"],
  forMs = act ? 10_000 : 3_000,
): (() => void) => {
  const id = next++;
  change([...toasts, { id, says, act, forMs }].slice(-4));
  return () => drop(id);
};

const Shown = ({ toast }: { toast: Toast }) => {
  const [held, hold] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => drop(toast.id), toast.forMs);
    return () => clearTimeout(timer);
  }, [held, toast]);
  const { act } = toast;
  return (
    <output
      className="toast"
      onPointerEnter={() => act || hold(true)}
      onPointerLeave={() => hold(false)}
    >
      <span>{toast.says}</span>
      {act && (
        <button
          type="button"
          onClick={() => {
            drop(toast.id);
            act.run();
          }}
        >
          {act.name}
        </button>
      )}
    </output>
  );
};

export const Toasts = () => {
  const shown = useSyncExternalStore(
    (hear) => {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
    () => toasts,
  );
  return (
    <div className="toasts" aria-live="polite">
      {shown.map((toast) => (
        <Shown key={toast.id} toast={toast} />
      ))}
    </div>
  );
};
