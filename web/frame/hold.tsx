import { Pause, Play } from "lucide-react";
import { togglePause, usePausedAt } from "../parts/pause.ts";
import { Time } from "../parts/time.tsx";

/** Holds what moves by itself, and says since when it is held. */
export const Hold = () => {
  const heldAt = usePausedAt();
  const Sign = heldAt === null ? Pause : Play;
  return (
    <button
      type="button"
      className={heldAt === null ? "button plain" : "button held"}
      aria-pressed={heldAt !== null}
      title="Holds everything that moves by itself: space"
      onClick={togglePause}
    >
      <Sign size={14} aria-hidden="true" />
      <span className="for-readers">Hold what moves</span>
      {heldAt !== null && (
        <span className="held-at">
          held at <Time at={heldAt} as="clock" />
        </span>
      )}
    </button>
  );
};
