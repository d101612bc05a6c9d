import type { MaskNode } from "../masked.ts";
import { type Span, spansOf } from "./spans.ts";

/**
 * A record's text as people see it: personal data has a token in its place, such as `"masked:1"`.
 * Who edits the text leaves the tokens where they are; before it is checked or sent, each is
 * replaced by what stood there, so that a record can be mended by people who never see it whole.
 *
 * Hidden is what the contract marks as personal, and text or long numbers in fields that it does
 * not know: nobody has said what those hold. Where the text is no JSON, fields are told by their
 * names, and whatever looks like an address or a long number is hidden wherever it stands.
 */
export type Hidden = {
  readonly text: string;
  readonly tokens: readonly { readonly literal: string; readonly path: string | undefined }[];
};

/** What may be shown of a field: declared, declared as personal, or not declared. */
type Kind = "shown" | "personal" | "undeclared";

const numbersOnly = (node: MaskNode): boolean =>
  node.type === "object" && node.properties === undefined;

const childOf = (node: MaskNode | undefined, name: string | number): MaskNode | undefined => {
  for (const one of node?.anyOf ?? []) {
    const found = childOf(one, name);
    if (found) return found;
  }
  if (typeof name === "number") return node?.items;
  const { properties = {} } = node ?? {};
  return Object.hasOwn(properties, name) ? properties[name] : undefined;
};

const kindOf = (schema: MaskNode | undefined, path: Span["path"], literal: string): Kind => {
  let node = schema;
  for (const [at, name] of path.entries()) {
    const isFigure = node !== undefined && numbersOnly(node) && at === path.length - 1;
    if (isFigure && /^[-\d]/.test(literal)) return "shown";
    node = childOf(node, name);
    if (node === undefined) return "undeclared";
    if (isPersonal(node)) return "personal";
  }
  return node?.properties || node?.items ? "undeclared" : "shown";
};

const isPersonal = (node: MaskNode): boolean =>
  node.personal === true || (node.anyOf ?? []).some((one) => one.personal === true);

const tellsNothing = (literal: string): boolean =>
  /^(true|false|null|""|-?\d{1,5}(\.\d{1,4})?)$/.test(literal);

const mustHide = (kind: Kind, literal: string): boolean =>
  kind === "personal" ? literal !== "null" : kind === "undeclared" && !tellsNothing(literal);

/** Bounded in length, so that no text keeps it busy. */
const named = /"((?:[^"\\]|\\.){0,200})"(\s{0,20}:\s{0,20})("(?:[^"\\]|\\.)*"?|[^\s,{}[\]]+)/gs;
const telling = /[\w.+-]{1,64}@[\w-]{1,80}\.[\w.-]{1,80}|\+?\d[\d ()/-]{6,40}\d/g;

/** The names of personal fields, wherever in the schema they stand. */
const personalNames = (schema: MaskNode | undefined, into = new Set<string>()): Set<string> => {
  for (const [name, node] of Object.entries(schema?.properties ?? {})) {
    if (isPersonal(node)) into.add(name);
    personalNames(node, into);
  }
  for (const one of [...(schema?.anyOf ?? []), ...(schema?.items ? [schema.items] : [])])
    personalNames(one, into);
  return into;
};

const pathText = (path: Span["path"]): string => JSON.stringify(path);

type Put = (literal: string, path: Span["path"] | undefined, isValue: boolean) => string;

/** The text with `put` in place of each piece that must be hidden. */
const replaced = (text: string, schema: MaskNode | undefined, put: Put): string => {
  const { spans, end } = spansOf(text);
  let shown = "";
  let at = 0;
  for (const { path, start, end: stop } of spans) {
    const literal = text.slice(start, stop);
    shown += text.slice(at, start);
    const isHidden = mustHide(kindOf(schema, path, literal), literal);
    shown += isHidden ? put(literal, path, true) : literal;
    at = stop;
  }
  const rest = text.slice(at);
  if (text.slice(end).trim() === "") return shown + rest;
  const names = personalNames(schema);
  const byName = rest.replace(named, (all, name: string, colon: string, value: string) => {
    const isKnown = Object.hasOwn(schema?.properties ?? {}, name) && !names.has(name);
    return isKnown || tellsNothing(value) ? all : `"${name}"${colon}${put(value, undefined, true)}`;
  });
  return shown + byLook(byName, put);
};

const byLook = (text: string, put: Put): string =>
  text.replace(telling, (found) => put(found, undefined, false));

/** `schema` is that of the record's topic; without one nothing is declared. */
export const hide = (text: string, schema: MaskNode | undefined): Hidden => {
  const tokens: { literal: string; path: string | undefined }[] = [];
  const shown = replaced(text, schema, (literal, path, isValue) => {
    tokens.push({ literal, path: path && pathText(path) });
    const token = `masked:${tokens.length}`;
    return isValue ? `"${token}"` : token;
  });
  return { text: shown, tokens };
};

/**
 * The text with a star for each byte of what must be hidden. `isWords`: it is no record, only words
 * about one, where nothing but addresses and long numbers is told by its look.
 */
export const veil = (
  text: string,
  schema: MaskNode | undefined,
  encoding: "utf8" | "latin1",
  isWords = false,
): string => {
  const put: Put = (literal, _, isValue) => {
    const bytes = Buffer.byteLength(literal, encoding);
    return isValue && literal.startsWith('"')
      ? `"${"*".repeat(Math.max(0, bytes - 2))}"`
      : "*".repeat(bytes);
  };
  return isWords ? byLook(text, put) : replaced(text, schema, put);
};

export class TokenMoved extends Error {}

const tokenText = /masked:(\d{1,6})/g;

const moved = (token: string) =>
  new TokenMoved(`${token} stands for personal data and must stay in the field where it stood`);

/**
 * The edited text with what the tokens stand for. Throws TokenMoved where a token stands in another
 * field than it did, since it would be shown there.
 */
export const unhide = (
  edited: string,
  { tokens }: Hidden,
  schema: MaskNode | undefined,
): string => {
  const spans = spansOf(edited).spans;
  let whole = "";
  let at = 0;
  for (const { path, start, end } of spans) {
    const literal = edited.slice(start, end);
    whole += edited.slice(at, start);
    at = end;
    whole += literal.startsWith('"') ? tokenless(literal, path, tokens, schema) : literal;
  }
  const rest = edited.slice(at);
  if (rest.search(tokenText) >= 0) throw moved("A token");
  return whole + rest;
};

const tokenless = (
  literal: string,
  path: Span["path"],
  tokens: Hidden["tokens"],
  schema: MaskNode | undefined,
): string => {
  const meant = (name: string, number: string): string => {
    const token = tokens[Number(number) - 1];
    if (token === undefined) return name;
    const stays =
      token.path === undefined
        ? kindOf(schema, path, '"text"') !== "shown"
        : token.path === pathText(path);
    if (!stays) throw moved(name);
    return token.literal;
  };
  const alone = /^"masked:(\d{1,6})"$/.exec(literal);
  if (!alone) return literal.replace(tokenText, meant);
  const found = meant(literal.slice(1, -1), alone[1]);
  // A token of broken text may stand for a piece of it, without its quotes.
  return /^("|-?\d+(\.\d+)?$|true$|false$)/.test(found) ? found : JSON.stringify(found);
};
