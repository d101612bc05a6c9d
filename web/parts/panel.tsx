import type { ReactNode } from "react";

type PanelProps = {
  title: string;
  /** Small, at the right of the title: a time span, a hint, acts. */
  aside?: ReactNode;
  /** Without a line under the title. */
  bare?: boolean;
  children: ReactNode;
  className?: string;
};

/** A titled part of a screen. Panels are never put into panels. */
export const Panel = ({ title, aside, bare, children, className = "" }: PanelProps) => (
  <section className={`panel ${className}`} aria-label={title}>
    <header className={bare ? "panel-head bare" : "panel-head"}>
      <h2>{title}</h2>
      {aside !== undefined && <div className="soft">{aside}</div>}
    </header>
    {children}
  </section>
);

type ScreenProps = {
  title: ReactNode;
  /** What is shown, in a few words: a time span, a count. */
  says?: ReactNode;
  acts?: ReactNode;
  children: ReactNode;
};

/** A screen: one heading, what may be done, and its panels. */
export const Screen = ({ title, says, acts, children }: ScreenProps) => (
  <div className="screen">
    <div className="screen-head">
      <div className="screen-title">
        <h1>{title}</h1>
        {says !== undefined && <span className="soft">{says}</span>}
      </div>
      {acts !== undefined && <div className="acts">{acts}</div>}
    </div>
    {children}
  </div>
);
