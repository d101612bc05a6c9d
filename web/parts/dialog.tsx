import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useState } from "react";
import type { Refusal } from "../api/ask.ts";
import { Fault } from "./states.tsx";

type DialogProps = {
  title: string;
  /** What it is for, in a sentence. */
  says?: ReactNode;
  open: boolean;
  onClose: () => void;
  children: ReactNode;
  className?: string;
};

/** A dialog: keeps the focus, gives it back, closes with Escape. */
export const Dialog = ({ title, says, open, onClose, children, className = "" }: DialogProps) => (
  <Radix.Root open={open} onOpenChange={(next) => next || onClose()}>
    <Radix.Portal>
      <Radix.Overlay className="overlay" />
      <Radix.Content className={`dialog ${className}`} aria-describedby={undefined}>
        <Radix.Title asChild>
          <h2>{title}</h2>
        </Radix.Title>
        {says !== undefined && <p className="soft">{says}</p>}
        {children}
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
);

type ConfirmProps = Omit<DialogProps, "children"> & {
  /** The verb, with its effect in numbers where it has one. */
  act: string;
  /** Whether it may be done as things stand. */
  ready?: boolean;
  run: () => Promise<unknown>;
  children?: ReactNode;
};

/** Asks before something is done; what the API refuses is said in its place. */
export const Confirm = ({ act, ready = true, run, children, ...dialog }: ConfirmProps) => {
  const [fault, setFault] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    setBusy(true);
    setFault(null);
    try {
      await run();
      dialog.onClose();
    } catch (thrown) {
      setFault(thrown as Refusal);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog {...dialog}>
      <form
        style={{ display: "grid", gap: 12 }}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy) void submit();
        }}
      >
        {children}
        {fault && <Fault fault={fault} />}
        <div className="dialog-acts">
          <button type="button" className="button" onClick={dialog.onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={!ready || busy}>
            {act}
          </button>
        </div>
      </form>
    </Dialog>
  );
};
