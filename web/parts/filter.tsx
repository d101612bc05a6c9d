/** A count of null is on its way: its room is kept. */
export type Choice = { value: string; name: string; count?: number | null };

type FilterProps = {
  label: string;
  choices: readonly Choice[];
  /** The chosen value; empty for all. */
  value: string;
  onChange: (value: string) => void;
};

/** One of a few values, each with how many there are. The chosen one, pressed again, is let go. */
export const Filter = ({ label, choices, value, onChange }: FilterProps) => (
  <fieldset className="chips">
    <legend className="for-readers">{label}</legend>
    {choices.map((choice) => (
      <button
        type="button"
        key={choice.value}
        className="chip"
        aria-pressed={choice.value === value}
        onClick={() => onChange(choice.value === value ? "" : choice.value)}
      >
        {choice.name}
        {choice.count !== undefined && " "}
        {choice.count !== undefined && (
          <span className="soft">{choice.count?.toLocaleString("en-GB")}</span>
        )}
      </button>
    ))}
  </fieldset>
);
