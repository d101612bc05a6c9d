import { randomUUID } from "node:crypto";
import type pg from "pg";
import type { Say } from "../../db.ts";
import { failure } from "../../errors.ts";
import type { Contract } from "../../events/contract.ts";
import { isoTime } from "../../events/time.ts";
import type { Header } from "../../stream/header.ts";
import type { StretchReader } from "../../stream/stretch.ts";
import type { DeadReason } from "../../stream/topic.ts";
import type { Caller } from "../access.ts";
import type { Approvals, FourEyesAct } from "../approvals.ts";
import type {
  CheckAnswer,
  DryRunAnswer,
  LetterAnswer,
  RedriveAnswer,
  RedriveAskedAnswer,
} from "../messages/dead-letters.ts";
import { readingTables } from "../vectors.ts";
import { type Cause, Causes, causeOf, groupOf, type LetterReader } from "./causes.ts";
import { hide, TokenMoved, unhide } from "./hidden.ts";
import { type Letter, readLetters } from "./letters.ts";
import { judge } from "./marking.ts";
import { type Edited, type ErasedAmong, ofSomebodyErased, Redrives } from "./redrives.ts";
import { hiddenOf, hindranceOf, schemaOf, viewOf } from "./view.ts";

/** What a processor made of a record that was tried on it. */
export type Tried = {
  readonly state: "restored" | "empty";
  readonly outcomes: readonly {
    topic: string;
    key: string | null;
    value: unknown;
    time: number;
  }[];
  readonly refusal: { readonly reason: string; readonly detail: string } | null;
  readonly counts: readonly { name: string; times: number }[];
};
export type DryRun = (record: {
  readonly processor: string;
  readonly topic: string;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly header: Header | undefined;
  readonly appendTime: number;
}) => Promise<Tried | undefined>;

/** What people do here is on record before it is done. */
export type Noting = (caller: Caller, detail: string) => Promise<void>;

export type LetterDeskOptions = {
  readonly pool: pg.Pool;
  readonly bootstrap: string;
  readonly space: string;
  readonly recordMaxBytes: number;
  readonly contracts: readonly Contract<unknown>[];
  readonly readers: readonly LetterReader[];
  readonly reader: StretchReader;
  readonly dryRun: DryRun;
  readonly erasedAmong: ErasedAmong;
  readonly note: Noting;
  readonly say: Say;
};

type Many = { readonly cause: string; readonly most: number; readonly per_second: number };
export type One = { readonly at: string; readonly processor?: string; readonly text?: string };

/** So many go back by one person's word; more need a second person. */
export const aloneMost = 20;

const seconds = (records: number, perSecond: number): string => {
  const s = Math.max(1, Math.round(records / perSecond));
  return s < 120 ? `${s} s` : `${Math.round(s / 60)} min`;
};

const plural = (n: number): string =>
  n === 1 ? "1 record" : `${n.toLocaleString("en-GB")} records`;

/** The desk for dead letters: what happened, what is wrong, and how it goes back. */
export class LetterDesk {
  readonly causes: Causes;
  readonly redrives: Redrives;
  readonly #options: LetterDeskOptions;

  constructor(options: LetterDeskOptions) {
    const { pool, space, readers } = options;
    this.#options = options;
    this.causes = new Causes(pool, space, readers);
    this.redrives = new Redrives(options);
  }

  /** What is done once a second person has agreed. */
  get act(): FourEyesAct {
    return {
      act: "redrive",
      roles: ["lead", "engineer"],
      carryOut: async (what, { approvalId, askedBy, agreedBy }) => {
        const { cause, most, per_second: perSecond } = what as Many;
        const which = causeOf(cause);
        const group = this.#groupOf(which);
        await this.redrives.start({
          redriveId: approvalId,
          which,
          group,
          perSecond,
          most,
          askedBy,
          approvedBy: agreedBy,
        });
        return `The redrive to ${group} has begun.`;
      },
    };
  }

  #groupOf({ processor }: Cause): string {
    const group = groupOf(this.#options.readers, processor);
    if (group === undefined) throw failure("READER_UNKNOWN", processor);
    return group;
  }

  /** Throws DEAD_LETTER_UNKNOWN, DEAD_LETTER_GONE, TOPICS_AWAY, READ_MODEL_AWAY. */
  async letter(at: string, processor: string | undefined): Promise<Letter> {
    const row = await this.causes.row(at, processor);
    const [letter] = await readLetters(this.#options.reader, [row], this.#options);
    if (letter === undefined) throw failure("DEAD_LETTER_GONE", row.origin);
    return letter;
  }

  async view(at: string, processor: string | undefined, hexFrom: number): Promise<LetterAnswer> {
    return viewOf(await this.letter(at, processor), this.#options, hexFrom);
  }

  /** The record as it would go back. Throws RECORD_REFUSED for an edit that cannot be meant. */
  #edited(letter: Letter, text: string | undefined): Edited | undefined {
    if (text === undefined) return undefined;
    const hidden = hiddenOf(letter);
    if (hidden === undefined)
      throw failure("RECORD_REFUSED", "it is no text that could be edited here");
    if (text === hidden.text) return undefined;
    const schema = schemaOf(letter.contract);
    let whole: string;
    try {
      whole = unhide(text, hidden, schema);
    } catch (thrown) {
      if (thrown instanceof TokenMoved) throw failure("RECORD_REFUSED", thrown.message);
      throw thrown;
    }
    const value = Buffer.from(whole);
    return { key: keyOf(letter, value), value };
  }

  #verdict(letter: Letter, edited: Edited | undefined): CheckAnswer {
    const { contract, header, appendTime } = letter;
    const { key, value } = edited ?? letter;
    if (contract === undefined)
      return { keeps: false, refusal: null, fields: [], key: key?.toString("utf8") ?? null };
    const text = key?.toString("utf8") ?? null;
    const judged = { key: text, value, header, appendTime };
    const { fields, refusal } = judge(contract, judged, this.#options.recordMaxBytes);
    return { keeps: refusal === null, refusal, fields: [...fields], key: text };
  }

  async check({ at, processor, text }: One): Promise<CheckAnswer> {
    const letter = await this.letter(at, processor);
    return this.#verdict(letter, this.#edited(letter, text));
  }

  async dryRun({ at, processor, text }: One): Promise<DryRunAnswer> {
    const letter = await this.letter(at, processor);
    const edited = this.#edited(letter, text);
    const { key, value } = edited ?? letter;
    const name = letter.row.processor;
    const tried = await this.#options.dryRun({
      processor: name,
      topic: letter.topic,
      key: key?.toString("utf8") ?? null,
      value,
      header: letter.header,
      appendTime: letter.appendTime,
    });
    if (tried === undefined) return this.#sinkAnswer(name, this.#verdict(letter, edited));
    const outcomes = tried.outcomes.map((one) => ({ ...one, time: isoTime(one.time) }));
    return {
      says: dryRunSays(name, tried),
      state: tried.state,
      refusal: tried.refusal && {
        ...tried.refusal,
        reason: tried.refusal.reason as DeadReason,
      },
      counts: [...tried.counts],
      outcomes: outcomes.map(({ value: made, ...rest }) => ({
        ...rest,
        value: made === null ? null : this.#masked(rest.topic, made),
      })),
    };
  }

  #sinkAnswer(name: string, { keeps, refusal }: CheckAnswer): DryRunAnswer {
    const says = keeps
      ? `${name} only stores records, and this one keeps its contract: it would be stored.`
      : `${name} would refuse it again.`;
    return { says, state: "none", outcomes: [], refusal, counts: [] };
  }

  #masked(topic: string, value: unknown): string {
    const contract = this.#options.contracts.find(({ name }) => name === topic);
    return hide(JSON.stringify(value), schemaOf(contract)).text;
  }

  /** Puts one back, edited or as it came. Throws NOT_REDRIVABLE, RECORD_REFUSED. */
  async redriveOne({ at, processor, text }: One, caller: Caller): Promise<RedriveAskedAnswer> {
    const letter = await this.letter(at, processor);
    const hindrance = hindranceOf(letter, this.#options.readers);
    if (hindrance !== undefined) throw failure("NOT_REDRIVABLE", hindrance);
    const edited = this.#edited(letter, text);
    const both = edited ? [letter, { ...letter, ...edited }] : [letter];
    const erased = await readingTables(() => this.#options.erasedAmong(both));
    if (erased.includes(true)) throw failure("NOT_REDRIVABLE", ofSomebodyErased);
    const { refusal } = edited ? this.#verdict(letter, edited) : { refusal: null };
    if (refusal) throw failure("RECORD_REFUSED", refusal.detail.replace(/\.$/, ""));
    const group = this.#groupOf(letter.row);
    const effect = `redrive 1 record${edited ? ", edited," : ""} to ${group}`;
    await this.#options.note(caller, `${effect}: ${letter.row.origin}`);
    const redrive = await this.redrives.start({
      redriveId: randomUUID(),
      which: { letter, edited },
      group,
      perSecond: 1,
      most: 1,
      askedBy: caller.name,
      approvedBy: undefined,
    });
    return { effect, redrive, approval: null };
  }

  /** What a redrive of a cause would do. */
  async effect({ cause, most, per_second: perSecond }: Many): Promise<{ n: number; says: string }> {
    const which = causeOf(cause);
    const n = Math.min(most, await this.causes.countOpen(which));
    const group = this.#groupOf(which);
    const took = seconds(n, perSecond);
    const says = `redrive ${plural(n)} to ${group} at ${perSecond}/s, about ${took}`;
    return { n, says };
  }

  /** Begins, or for more than a few, asks for a second person. */
  async redriveMany(many: Many, caller: Caller, approvals: Approvals): Promise<RedriveAskedAnswer> {
    const which = causeOf(many.cause);
    const group = this.#groupOf(which);
    const { n, says: effect } = await this.effect(many);
    if (n === 0) throw failure("NOT_REDRIVABLE", "None of them waits any more.");
    // No more than was said, also if more have come since.
    const { per_second: perSecond } = many;
    if (n > aloneMost) {
      const what = { ...many, most: n };
      const approval = await approvals.ask({ act: this.act.act, what, effect }, caller);
      return { effect, redrive: null, approval };
    }
    await this.#options.note(caller, effect);
    const redrive = await this.redrives.start({
      redriveId: randomUUID(),
      which,
      group,
      perSecond,
      most: n,
      askedBy: caller.name,
      approvedBy: undefined,
    });
    return { effect, redrive, approval: null };
  }

  async setAside(
    what: { at?: string; processor?: string; cause?: string; reason: string },
    caller: Caller,
  ): Promise<number> {
    const which =
      what.cause === undefined
        ? await this.causes.row(what.at ?? "", what.processor)
        : causeOf(what.cause);
    const named = "origin" in which ? which.origin : what.cause;
    await this.#options.note(caller, `set aside dead letters: ${named}`);
    return this.causes.setAside(which, caller.name, what.reason);
  }

  async putBack({ at, processor }: One, caller: Caller): Promise<number> {
    const row = await this.causes.row(at, processor);
    await this.#options.note(caller, `put back a dead letter: ${row.origin}`);
    return this.causes.putBack(row);
  }

  async stop(id: string, caller: Caller): Promise<RedriveAnswer> {
    await this.#options.note(caller, `stop the redrive ${id}`);
    return this.redrives.stop(id);
  }

  close(): Promise<void> {
    return this.redrives.close();
  }
}

/** An edited value goes back under the key that it names itself. */
const keyOf = ({ contract, key }: Letter, value: Buffer): Buffer | null => {
  if (contract?.keyOf === undefined) return key;
  try {
    return Buffer.from(contract.keyOf(contract.read(value)));
  } catch {
    return key;
  }
};

const dryRunSays = (name: string, { state, outcomes, refusal, counts }: Tried): string => {
  const on =
    state === "restored"
      ? "on what it remembers of this key now"
      : "on empty state, since its memory is too large to look through, so a score may differ";
  const made = refusal
    ? "it would be refused again"
    : outcomes.length === 0
      ? counts.length === 0
        ? "it would be taken in, and nothing written for it"
        : "it would be read, and nothing written for it"
      : `it would write ${plural(outcomes.length)}`;
  return `Tried in ${name}, ${on}: ${made}. Nothing was written now.`;
};
