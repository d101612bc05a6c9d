import { copy } from "./copy.tsx";

/** c-4f1a…92: the beginning and the end, which are what people compare. */
export const shortened = (id: string, most = 16): string =>
  id.length <= most ? id : `${id.slice(0, most - 5)}…${id.slice(-4)}`;

/** An id, shortened in the middle; a click copies all of it. */
export const Id = ({ id, most }: { id: string; most?: number }) => (
  <button
    type="button"
    className="id"
    title={`${id} — click to copy`}
    onClick={(event) => {
      event.stopPropagation();
      event.preventDefault();
      copy(id, `Copied ${shortened(id)}`);
    }}
  >
    {shortened(id, most)}
  </button>
);
