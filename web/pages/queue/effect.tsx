/** What an act on several customers changes, in numbers; null until it is known. */
export const Effect = ({ says }: { says: string | null }) => (
  <p role="status">{says ?? <span className="soft">Counting what it changes …</span>}</p>
);
