import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { failure } from "../../errors.ts";
import type { ContactChannel } from "../../events/customer.ts";
import { privateWordIn } from "./private-words.ts";

/**
 * What a message may say of its customer. There is none for a reason: why we write stays with us,
 * so that nothing sensitive can stand in a message.
 */
const variables = ["name", "sender", "contact"] as const;
export type Variable = (typeof variables)[number];
export type Values = Readonly<Partial<Record<Variable, string | null>>>;

/** A text for one channel; only e-mail has a subject. */
type Text = { readonly subject?: string; readonly text: string };
type Language = {
  readonly language: string;
  readonly fallbacks: Readonly<Record<string, string>>;
  readonly templates: Readonly<Record<string, Readonly<Record<string, Text>>>>;
};
export type Rendered = { subject: string | null; text: string; language: string };

/** The most characters that a text may have, filled in; two parts of a text message. */
const mostCharacters: Readonly<Record<string, number>> = {
  sms: 306,
  email: 2_000,
  phone: 1_000,
  push: 500,
} satisfies Record<ContactChannel, number>;
/** A longer value is cut off; the check of a text counts with the longest. */
const longestValue: Readonly<Record<Variable, number>> = { name: 40, sender: 40, contact: 60 };
const values = /\{\{\s*(\w*)\s*\}\}/g;

/** `Offer payment options` and `offer-payment-options` name one template. */
const slug = (name: string): string =>
  name
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");

const fill = (text: string, given: Values, fallbacks: Language["fallbacks"]): string =>
  text.replace(values, (_, name: Variable) => {
    // A name is shown, never read: no line breaks, no braces, and not at any length.
    const value = given[name]?.replace(/[\p{C}{}<>\s]+/gu, " ").trim();
    return (value || fallbacks[name]).slice(0, longestValue[name]);
  });

/** What is wrong with a text, or undefined. */
const complaint = (text: string, channel: string, language: Language): string | undefined => {
  for (const [, name] of text.matchAll(values)) {
    if (!variables.some((known) => known === name))
      return `uses {{${name}}}, which is not known; use ${variables.join(", ")}`;
    if (!language.fallbacks[name]) return `uses {{${name}}}, for which it has no fallback`;
  }
  if (/[{}]/.test(text.replace(values, ""))) return "has a brace that opens or closes nothing";
  const longest = text.replace(values, (_, n: Variable) => "x".repeat(longestValue[n])).length;
  const most = mostCharacters[channel];
  if (most === undefined) return `is for a channel that is not known`;
  if (longest > most) return `may have ${longest} characters; ${channel} allows ${most}`;
  return undefined;
};

const checkLanguage = (file: string, language: Language): void => {
  const wrong = (what: string, cure: string) => failure("TEMPLATE_WRONG", file, what, cure);
  const { templates, fallbacks } = language;
  if (typeof language.language !== "string" || !templates || !fallbacks)
    throw wrong("it lacks language, fallbacks or templates", "Add what is missing.");
  for (const [name, channels] of Object.entries(templates))
    for (const [channel, { subject, text }] of Object.entries(channels)) {
      const where = `template ${name} for ${channel}`;
      if (typeof text !== "string" || text === "")
        throw wrong(`${where} has no text`, "Add a text.");
      if (channel === "email" && !subject) throw wrong(`${where} has no subject`, "Add a subject.");
      const found = [subject ?? "", text].map((one) => complaint(one, channel, language));
      const first = found.find((one) => one !== undefined);
      if (first !== undefined) throw wrong(`${where} ${first}`, "Mend the text.");
    }
};

/** Each language has what every other has, so that no customer is left without a message. */
const checkAlike = (languages: readonly (readonly [string, Language])[]): void => {
  const namesOf = ({ templates }: Language) =>
    Object.entries(templates).flatMap(([name, of]) => Object.keys(of).map((c) => `${name} ${c}`));
  const all = new Set(languages.flatMap(([, language]) => namesOf(language)));
  for (const [file, language] of languages) {
    const missing = [...all].filter((one) => !namesOf(language).includes(one));
    if (missing.length > 0)
      throw failure(
        "TEMPLATE_WRONG",
        file,
        `it lacks ${missing.map((one) => one.replace(" ", " for ")).join(", ")}`,
        "Add what the other languages have.",
      );
  }
};

/** The texts of all languages. A text that could not be sent was refused when they were read. */
export class Templates {
  readonly #languages: ReadonlyMap<string, Language>;
  readonly #house: Values;

  constructor(languages: readonly Language[], house: Values) {
    this.#languages = new Map(languages.map((one) => [one.language, one]));
    this.#house = house;
  }

  names(): string[] {
    return Object.keys(this.#languages.get("en")?.templates ?? {});
  }

  /**
   * The text of a message in the customer's language, else in English. A message that names no
   * template is the policy's own words. undefined: there is no text for the channel, or it says
   * what stays with us.
   */
  render(
    message: string,
    channel: string,
    language: string | null | undefined,
    given: Values,
  ): Rendered | undefined {
    const wanted = language?.toLowerCase() ?? "en";
    const base = wanted.split(/[-_]/)[0];
    const known = this.#languages.get(wanted) ?? this.#languages.get(base);
    const chosen = known ?? this.#languages.get("en");
    if (chosen === undefined) return undefined;
    const template = chosen.templates[slug(message)];
    if (template === undefined) return this.#own(message, channel);
    const text = template[channel];
    if (text === undefined) return undefined;
    const filled = { ...this.#house, ...given };
    return {
      subject: text.subject ? fill(text.subject, filled, chosen.fallbacks) : null,
      text: fill(text.text, filled, chosen.fallbacks),
      language: chosen.language,
    };
  }

  /** Why a message cannot be sent by a channel; undefined: it can. */
  refusal(message: string, channel: string): string | undefined {
    if (this.render(message, channel, "en", {}) !== undefined) return undefined;
    if (this.names().includes(slug(message))) return `its template has no text for ${channel}`;
    const word = privateWordIn(message);
    if (word !== undefined)
      return `"${word}" may tell others of the customer's life or of why we write; leave it out`;
    if (/[{}]/.test(message))
      return `it is none of ${this.names().join(", ")}, and only these may have {{variables}}`;
    return `it has ${message.length} characters; ${channel} allows ${mostCharacters[channel] ?? 0}`;
  }

  #own(message: string, channel: string): Rendered | undefined {
    if (message.length > (mostCharacters[channel] ?? 0) || /[{}]/.test(message)) return undefined;
    if (privateWordIn(message) !== undefined) return undefined;
    const subject = channel === "email" ? (this.#house.sender ?? "A message for you") : null;
    return { subject, text: message, language: "en" };
  }
}

export const templatesFolder = join(import.meta.dirname, "templates");

/**
 * Reads every `<language>.json` of a folder. Throws TEMPLATE_WRONG, with the file and the cure, for
 * a text with an unknown variable, one without a fallback, one too long, or a gap in a language.
 */
export const readTemplates = (house: Values, folder: string = templatesFolder): Templates => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const languages = files.map((file) => {
    try {
      return [file, JSON.parse(readFileSync(join(folder, file), "utf8")) as Language] as const;
    } catch {
      throw failure("TEMPLATE_WRONG", file, "it is not JSON", "Mend it.");
    }
  });
  for (const [file, language] of languages) checkLanguage(file, language);
  if (!languages.some(([, { language }]) => language === "en"))
    throw failure("TEMPLATE_WRONG", folder, "it has no English texts", "Add en.json.");
  checkAlike(languages);
  return new Templates(
    languages.map(([, language]) => language),
    house,
  );
};

/** The shipped texts, with what the settings put into them. */
export const shippedTemplates = (settings: {
  notifySender: string | undefined;
  notifyContact: string | undefined;
}): Templates => readTemplates({ sender: settings.notifySender, contact: settings.notifyContact });
