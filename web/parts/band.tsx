export const bands = ["CRITICAL", "HIGH", "MEDIUM", "LOW"] as const;

const words: Record<string, string> = {
  LOW: "Low",
  MEDIUM: "Medium",
  HIGH: "High",
  CRITICAL: "Critical",
};
const filled: Record<string, number> = { LOW: 1, MEDIUM: 2, HIGH: 3, CRITICAL: 4 };

/** A band by its four bars, its word and its colour, so that no one of them is the only sign. */
export const BandMark = ({ band }: { band: string }) => (
  <span className={`band band-${band}`}>
    <svg width="16" height="12" viewBox="0 0 16 12" aria-hidden="true">
      {[0, 1, 2, 3].map((bar) => (
        <rect
          key={bar}
          x={bar * 4}
          y={9 - bar * 2.5}
          width="3"
          height={3 + bar * 2.5}
          rx="0.5"
          fill="currentColor"
          opacity={bar < (filled[band] ?? 0) ? 1 : 0.2}
        />
      ))}
    </svg>
    {words[band] ?? band}
  </span>
);
