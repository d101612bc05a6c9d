import type { LetterAnswer } from "../../../src/serve/messages/dead-letters.ts";
import { bytes, count } from "../../parts/figures.tsx";
import { useUrlValue } from "../../parts/url.ts";

const width = 16;

const signOf = (code: number): string =>
  code >= 32 && code < 127 ? String.fromCharCode(code) : "·";

const rowsOf = (hex: string): { pairs: string; signs: string }[] => {
  const codes = (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return Array.from({ length: Math.ceil(codes.length / width) }, (_, row) => {
    const own = codes.slice(row * width, (row + 1) * width);
    const pairs = own.map((code) => code.toString(16).padStart(2, "0")).join(" ");
    return { pairs: pairs.padEnd(width * 3 - 1), signs: own.map(signOf).join("") };
  });
};

/** The bytes as they came, a piece at a time; personal data is starred out. */
export const Bytes = ({ letter }: { letter: LetterAnswer }) => {
  const [, setFrom] = useUrlValue("from");
  const { hex, bytes: size } = letter;
  const length = hex.bytes.length / 2;
  const end = hex.from + length;
  const text = rowsOf(hex.bytes)
    .map(({ pairs, signs }, row) => {
      const place = (hex.from + row * width).toString(16).padStart(8, "0");
      return `${place}  ${pairs}  ${signs}`;
    })
    .join("\n");
  const go = (from: number) => setFrom(from <= 0 ? "" : String(Math.min(from, size)));
  return (
    <div className="letters-part">
      <div className="letters-part-head">
        <h3>Bytes as they came</h3>
        <span className="soft small">
          {length === 0
            ? "none"
            : `${count(hex.from)} to ${count(end)} of ${count(size)} (${bytes(size)})`}
        </span>
      </div>
      {length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <pre className="letters-bytes" tabIndex={0}>
          {text}
        </pre>
      )}
      {size > length && (
        <div className="acts">
          <button
            type="button"
            className="button"
            disabled={hex.from === 0}
            onClick={() => go(hex.from - 2_048)}
          >
            Before
          </button>
          <button
            type="button"
            className="button"
            disabled={hex.from + length >= size}
            onClick={() => go(hex.from + length)}
          >
            Next
          </button>
          <button type="button" className="button" onClick={() => go(size - 2_048)}>
            The end
          </button>
        </div>
      )}
    </div>
  );
};
