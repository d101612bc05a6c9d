import type { TakenCall } from "../../../src/serve/messages/calls.ts";
import { Id } from "../../parts/id.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Empty } from "../../parts/states.tsx";
import { Time } from "../../parts/time.tsx";

type InHandProps = {
  call: TakenCall | undefined;
  busy: boolean;
  onEnd: (how: "done" | "no-answer") => void;
};

/** The call that one has taken: whom to call, and what to say. Nobody else is shown this. */
export const InHand = ({ call, busy, onEnd }: InHandProps) => (
  <Panel title="Your call" aside={call && "shown to you alone"}>
    {call === undefined ? (
      <Empty
        says={
          "Choose a call and take it: whether the customer may still be called is asked once " +
          "more, and then you see name, number and what to say. That you saw them is recorded."
        }
      />
    ) : (
      <div className="panel-body call-in-hand">
        <p className="call-name">{call.name ?? "Name not known"}</p>
        <p className="call-number">
          {call.phone ? (
            <a href={`tel:${call.phone}`}>{call.phone}</a>
          ) : (
            <span className="unknown">number not known</span>
          )}
        </p>
        <p className="call-script">{call.script}</p>
        <p className="acts">
          <button
            type="button"
            className="button primary"
            disabled={busy}
            onClick={() => onEnd("done")}
          >
            Done <kbd>d</kbd>
          </button>
          <button
            type="button"
            className="button"
            disabled={busy}
            onClick={() => onEnd("no-answer")}
          >
            No answer <kbd>n</kbd>
          </button>
        </p>
        <p className="soft small">
          {call.free_at && (
            <>
              Others may take it from <Time at={call.free_at} as="clock" />.{" "}
            </>
          )}
          It leaves the list <Time at={call.expires_at} />. Call <Id id={call.call_id} />
        </p>
      </div>
    )}
  </Panel>
);
