import type { CheckAnswer } from "../../../src/serve/messages/dead-letters.ts";
import { useUrlValue } from "../../parts/url.ts";
import { fieldWords } from "./words.ts";

type Field = CheckAnswer["fields"][number];

const isTelling = ({ state }: Field): boolean =>
  state === "wrong" || state === "missing" || state === "undeclared";

/** A record against its contract: what is wrong first, then all of it if that is asked. */
export const Fields = ({ fields }: { fields: readonly Field[] }) => {
  const [all, setAll] = useUrlValue("fields");
  if (fields.length === 0) return null;
  const telling = fields.filter(isTelling);
  const unread = fields.every(({ state }) => state === "unread");
  const shown = all === "all" ? fields : telling;
  return (
    <div className="letters-part">
      <div className="letters-part-head">
        <h3>Against the contract</h3>
        <button
          type="button"
          className="button plain"
          onClick={() => setAll(all === "all" ? "" : "all")}
        >
          {all === "all" ? "Only what is wrong" : `All ${fields.length} fields`}
        </button>
      </div>
      {shown.length === 0 && (
        <p className="soft">
          {unread ? "It could not be read, so no field is known." : "Every field is as agreed."}
        </p>
      )}
      {shown.length > 0 && (
        <table className="table letters-fields">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Asked for</th>
              <th scope="col">Found</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ path, asks, needed, personal, state, says }) => (
              <tr key={path} className={`letters-${state}`}>
                <td className="mono">{path}</td>
                <td>
                  {asks ?? "nothing"}
                  {needed && <span className="soft">, always</span>}
                  {personal && <span className="tag">personal</span>}
                </td>
                <td className="wrap">
                  <b>{fieldWords[state]}</b>
                  {says && <span className="soft"> {says}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
};
