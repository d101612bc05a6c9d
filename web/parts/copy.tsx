import { tell } from "./toast.tsx";

/** Copies a text, and says so; `as` says what was copied. */
export const copy = (text: string, as = "Copied."): Promise<void> =>
  navigator.clipboard.writeText(text).then(
    () => void tell(as),
    () => void tell("The browser does not let this page copy."),
  );

/** A button that copies a text. */
export const Copy = ({ text, small = false }: { text: string; small?: boolean }) => (
  <button
    type="button"
    className={small ? "button plain small" : "button plain"}
    onClick={() => copy(text)}
  >
    Copy
  </button>
);
