import type { ReactNode } from "react";
import type { Refusal } from "../api/ask.ts";
import { useSession } from "../session/use-session.ts";
import { commandIn } from "./command-in.ts";
import { Copy } from "./copy.tsx";

/** A command to type in a terminal, with a button that copies it. */
export const Command = ({ text }: { text: string }) => (
  <span className="command">
    <code>{text}</code>
    <Copy text={text} small />
  </span>
);

type EmptyProps = {
  says: ReactNode;
  /** Typed in the space that is shown, which is added to it. */
  command?: string;
  children?: ReactNode;
};

/** Nothing to show: why that is, and what to type or to press next. */
export const Empty = ({ says, command, children }: EmptyProps) => {
  const { space } = useSession();
  return (
    <div className="state">
      <p className="soft">{says}</p>
      {command !== undefined && <Command text={commandIn(space, command)} />}
      {children}
    </div>
  );
};

/**
 * Nothing has come so far. Among simulated people more may be made up; among real ones nobody
 * invents any, and the question is whether the line keeps up.
 */
export const NotYet = ({ says }: { says: string }) => {
  const { simulated = false } = useSession();
  return simulated ? (
    <Empty
      says={`${says} More made-up customers come with:`}
      command="./bellwether load transactions --rate 50 --seconds 30"
    />
  ) : (
    <Behind says={says} />
  );
};

/** Nothing to show, perhaps because what leads to it has still to be worked on. */
export const Behind = ({ says }: { says: string }) => (
  <Empty says={`${says} How far the line is behind is told by:`} command="./bellwether lag" />
);

/** What went wrong, in its place: what happened, and what to do. */
export const Fault = ({ fault, again }: { fault: Refusal; again?: () => void }) => (
  <div className="state fault" role="alert">
    <p>{fault.message}</p>
    {fault.cure && <p className="soft">{fault.cure}</p>}
    {again && (
      <button type="button" className="button" onClick={again}>
        Try again
      </button>
    )}
  </div>
);

type LinesProps = { rows: number; height: number };

/** Room for lines of a list, each as high as those that come. */
export const Lines = ({ rows, height }: LinesProps) => (
  <div className="lines" aria-busy="true">
    {Array.from({ length: rows }, (_, row) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
      <div key={row} style={{ height }}>
        <div className="skeleton" style={{ width: `${92 - ((row * 17) % 40)}%` }} />
      </div>
    ))}
  </div>
);

/** Room for what is on its way, in the size of what comes; unseen for the first 300 ms. */
export const Skeleton = ({ rows, height = 16 }: { rows: number; height?: number }) => (
  <div className="panel-body" aria-busy="true" style={{ display: "grid", gap: 14 }}>
    {Array.from({ length: rows }, (_, row) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
      <div key={row} className="skeleton" style={{ height, width: `${92 - ((row * 17) % 40)}%` }} />
    ))}
  </div>
);
