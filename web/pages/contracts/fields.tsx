import type { FieldAnswer } from "../../../src/serve/messages/contracts.ts";
import { count } from "../../parts/figures.tsx";

const limitsOf = ({ type, least, most, pattern }: FieldAnswer): string | null => {
  const what =
    type === "text" || type === "time" ? " characters" : type === "list" ? " entries" : "";
  if (pattern !== null) return `matches ${pattern}`;
  if (least !== null && most !== null && most < 1e12)
    return `${count(least, least % 1 ? 2 : 0)} to ${count(most, most % 1 ? 2 : 0)}${what}`;
  if (least !== null && least > -1e12) return `at least ${count(least)}${what}`;
  if (most !== null && most < 1e12) return `at most ${count(most)}${what}`;
  return null;
};

const depthOf = (path: string): number => path.split(".").filter((part) => part !== "*").length - 1;

const Field = ({ field, marked }: { field: FieldAnswer; marked: boolean }) => {
  const limits = limitsOf(field);
  return (
    <tr className={marked ? "found" : undefined}>
      <td style={{ paddingLeft: 14 + depthOf(field.path) * 14 }}>
        <code>{field.path.replaceAll(".*", "[]")}</code>
        {field.required && (
          <span className="contracts-required" title="Every record has it">
            required
          </span>
        )}
      </td>
      <td>
        {field.type}
        {field.nullable && <span className="soft"> or null</span>}
        {field.unit && <span className="soft">, {field.unit}</span>}
        {limits && <span className="faint small contracts-limits">{limits}</span>}
      </td>
      <td className="wrap">
        {field.personal && <span className="tag">personal, masked</span>} {field.says}
        {field.values && (
          <span className="small soft contracts-values">
            {field.values.map((value) => (
              <code key={value}>{value}</code>
            ))}
          </span>
        )}
      </td>
    </tr>
  );
};

type FieldsProps = { fields: readonly FieldAnswer[]; query: string };

/** Every field in words; where there are several kinds of value, kind by kind. */
export const Fields = ({ fields, query }: FieldsProps) => {
  const variants = [...new Set(fields.map(({ variant }) => variant))];
  const word = query.trim().toLowerCase();
  const fits = ({ path, says }: FieldAnswer) =>
    word !== "" && (path.toLowerCase().includes(word) || (says ?? "").toLowerCase().includes(word));
  return (
    <div className="rows">
      {variants.map((variant) => (
        <table className="table contracts-fields" key={variant}>
          {variant !== null && <caption>Where it is of the kind “{variant}”</caption>}
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Type and unit</th>
              <th scope="col">What it says</th>
            </tr>
          </thead>
          <tbody>
            {fields
              .filter((field) => field.variant === variant)
              .map((field) => (
                <Field key={field.path} field={field} marked={fits(field)} />
              ))}
          </tbody>
        </table>
      ))}
    </div>
  );
};
