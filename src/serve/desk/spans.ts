/**
 * Where the simple values of a JSON text stand, each with its path. The text may be broken: what
 * lies before the break is found all the same. `end` is how far the text could be followed.
 */
export type Span = {
  /** Names and places in lists, from the outside. */
  readonly path: readonly (string | number)[];
  readonly start: number;
  readonly end: number;
};
export type Spans = { readonly spans: readonly Span[]; readonly end: number };

type Level = {
  readonly isList: boolean;
  name: string | number;
  expects: "name" | "value" | "more";
};

const blank = /[\s]*/y;
const string = /"(?:[^"\\]|\\.)*"/sy;
const word = /-?[\w.+-]+/y;
const deepest = 200;

const matchAt = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
};

const nameIn = (literal: string): string => {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal.slice(1, -1);
  }
};

class Follower {
  readonly #text: string;
  readonly #levels: Level[] = [];
  readonly spans: Span[] = [];
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** One step; false: the text ends here, or breaks. */
  step(): boolean {
    this.at = matchAt(blank, this.#text, this.at);
    const level = this.#levels.at(-1);
    if (level === undefined) return this.#value();
    const sign = this.#text[this.at];
    if (sign === (level.isList ? "]" : "}")) return this.#close();
    if (level.expects === "more") return this.#comma(level, sign);
    return level.expects === "name" ? this.#name(level) : this.#value();
  }

  #comma(level: Level, sign: string | undefined): boolean {
    if (sign !== ",") return false;
    this.at++;
    level.expects = level.isList ? "value" : "name";
    if (level.isList) level.name = (level.name as number) + 1;
    return true;
  }

  #name(level: Level): boolean {
    const end = matchAt(string, this.#text, this.at);
    if (end < 0) return false;
    const colon = matchAt(blank, this.#text, end);
    if (this.#text[colon] !== ":") return false;
    level.name = nameIn(this.#text.slice(this.at, end));
    level.expects = "value";
    this.at = colon + 1;
    return true;
  }

  #value(): boolean {
    const sign = this.#text[this.at];
    if (sign === "{" || sign === "[") return this.#open(sign === "[");
    const end = matchAt(sign === '"' ? string : word, this.#text, this.at);
    if (end < 0) return false;
    const path = this.#levels.map((level) => level.name);
    this.spans.push({ path, start: this.at, end });
    this.at = end;
    this.#ended();
    return this.#levels.length > 0;
  }

  #open(isList: boolean): boolean {
    if (this.#levels.length === deepest) return false;
    this.at++;
    this.#levels.push(
      isList ? { isList, name: 0, expects: "value" } : { isList, name: "", expects: "name" },
    );
    return true;
  }

  #close(): boolean {
    this.at++;
    this.#levels.pop();
    this.#ended();
    return this.#levels.length > 0;
  }

  #ended(): void {
    const level = this.#levels.at(-1);
    if (level) level.expects = "more";
  }
}

export const spansOf = (text: string): Spans => {
  const follower = new Follower(text);
  while (follower.step());
  return { spans: follower.spans, end: follower.at };
};
