import type { DryRunAnswer } from "../../../src/serve/messages/dead-letters.ts";
import { count } from "../../parts/figures.tsx";
import { Time } from "../../parts/time.tsx";
import { laidOut } from "./words.ts";

const countWords = (name: string): string =>
  name
    .replace(/^drop:/, "left out: ")
    .replace(/^late:/, "came too late: ")
    .replace(/^count:/, "")
    .replaceAll("_", " ");

/** What a processor would make of the record now. */
export const Tried = ({ tried }: { tried: DryRunAnswer }) => {
  const counts = tried.counts.filter(({ name }) => !name.startsWith("dead:"));
  return (
    <section className="letters-part" aria-label="Dry run" aria-live="polite">
      <h3>Dry run</h3>
      <p>{tried.says}</p>
      {tried.refusal && <p className="letters-refusal">{tried.refusal.detail}</p>}
      {counts.length > 0 && (
        <p className="soft small">
          It would count:{" "}
          {counts.map(({ name, times }) => `${countWords(name)} (${count(times)})`).join(", ")}
        </p>
      )}
      {tried.outcomes.map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list is made whole each time
        <details key={at} className="letters-outcome">
          <summary>
            <b>{one.topic}</b> <span className="mono">{one.key}</span>{" "}
            <span className="soft">
              <Time at={one.time} as="clock" />
            </span>
          </summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
          <pre className="letters-text" tabIndex={0}>
            {one.value === null ? "removes the key" : laidOut(one.value)}
          </pre>
        </details>
      ))}
    </section>
  );
};
