import { useEffect, useRef } from "react";
import type { ListedAnswer } from "../../../src/serve/messages/dead-letters.ts";
import { shortened } from "../../parts/id.tsx";
import { Time } from "../../parts/time.tsx";
import { stateNames } from "./words.ts";

type LettersProps = {
  records: readonly ListedAnswer[];
  selected: string;
  onSelect: (at: string) => void;
  onMore: (() => void) | undefined;
};

/** The records of a cause, the newest first. */
export const Letters = ({ records, selected, onSelect, onMore }: LettersProps) => {
  const chosen = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLElement>(null);
  // Only the list scrolls; the page stays where it is.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another selection comes into sight
  useEffect(() => {
    const [box, row] = [list.current, chosen.current];
    if (!box || !row) return;
    const top = row.offsetTop - box.offsetTop;
    const bottom = top + row.offsetHeight - box.clientHeight;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (bottom > box.scrollTop) box.scrollTop = bottom;
  }, [selected]);
  return (
    <section className="letters-records" aria-label="Records of this cause" ref={list}>
      <ul>
        {records.map(({ at, origin, time, state, settled_by }) => (
          <li key={`${at} ${origin}`}>
            <button
              type="button"
              className="letters-record"
              ref={at === selected ? chosen : undefined}
              aria-current={at === selected ? "true" : undefined}
              onClick={() => onSelect(at)}
            >
              <span className="mono" title={origin}>
                {shortened(origin, 30)}
              </span>
              <span className="soft small">
                {state === "open" ? (
                  <Time at={time} />
                ) : (
                  `${stateNames[state]}${settled_by ? ` by ${settled_by}` : ""}`
                )}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {onMore && (
        <button type="button" className="button" onClick={onMore}>
          Older ones
        </button>
      )}
    </section>
  );
};
