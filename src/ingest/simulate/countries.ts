import type { Cadence } from "./days.ts";

/**
 * Where simulated people live. Adding a country is one entry. Money is in minor units of the
 * currency. Telephone numbers are of the ranges that the regulators keep free for fiction where
 * there is one, else of a prefix that no network uses.
 */
export type Country = {
  readonly code: string;
  readonly language: string;
  readonly currency: string;
  /** Share of all customers. */
  readonly weight: number;
  readonly zones: readonly string[];
  /** Median net pay in a month. */
  readonly pay: number;
  readonly cadences: readonly { readonly weight: number; readonly cadence: Cadence }[];
  /** The note that cash machines give: withdrawals are multiples of it. */
  readonly note: number;
  /** What the bank charges for a payment that it had to return. */
  readonly penalty: number;
  readonly givenNames: readonly string[];
  readonly familyNames: readonly string[];
  /** Telephone number, with a digit to fill in for each #. */
  readonly phone: string;
};

const monthly = (weight: number, day: number) => ({
  weight,
  cadence: { kind: "monthly", day } as const,
});
const everyDays = (weight: number, days: number) => ({
  weight,
  cadence: { kind: "every", days } as const,
});
const words = (text: string): readonly string[] => text.split(" ");

export const countries: readonly Country[] = [
  {
    code: "DE",
    language: "de",
    currency: "EUR",
    weight: 24,
    zones: ["Europe/Berlin"],
    pay: 240_000,
    cadences: [monthly(5, 31), monthly(3, 15), monthly(2, 28)],
    note: 1_000,
    penalty: 500,
    givenNames: words("Anna Lukas Lena Paul Marie Jonas Sophie Felix Emma Leon Hannah Ben"),
    familyNames: words("Becker Wagner Hoffmann Koch Richter Klein Wolf Neumann Braun Krause"),
    phone: "+493023125###",
  },
  {
    code: "FR",
    language: "fr",
    currency: "EUR",
    weight: 14,
    zones: ["Europe/Paris"],
    pay: 215_000,
    cadences: [monthly(6, 28), monthly(4, 31)],
    note: 1_000,
    penalty: 800,
    givenNames: words("Louise Gabriel Alice Hugo Chloe Arthur Jade Louis Camille Adam Manon Jules"),
    familyNames: words("Laurent Girard Moreau Fournier Mercier Blanc Garnier Faure Roussel Henry"),
    phone: "+33639980###",
  },
  {
    code: "CZ",
    language: "cs",
    currency: "CZK",
    weight: 26,
    zones: ["Europe/Prague"],
    pay: 3_600_000,
    cadences: [monthly(4, 12), monthly(3, 10), monthly(3, 15)],
    note: 20_000,
    penalty: 10_000,
    givenNames: words("Jana Petr Eva Jan Lucie Tomas Tereza Jakub Klara David Veronika Martin"),
    familyNames: words("Novak Dvorak Horak Pokorny Kral Zeman Fiala Sedlak Dolezal Urban"),
    phone: "+420000000###",
  },
  {
    code: "GB",
    language: "en",
    currency: "GBP",
    weight: 20,
    zones: ["Europe/London"],
    pay: 225_000,
    cadences: [monthly(5, 31), monthly(3, 25), everyDays(2, 28)],
    note: 1_000,
    penalty: 600,
    givenNames: words("Olivia George Amelia Harry Isla Noah Ava Jack Emily Oscar Grace Thomas"),
    familyNames: words("Taylor Davies Evans Walker Wright Green Hall Wood Clarke Turner"),
    phone: "+447700900###",
  },
  {
    code: "US",
    language: "en",
    currency: "USD",
    weight: 16,
    zones: ["America/New_York", "America/Chicago", "America/Los_Angeles"],
    pay: 390_000,
    cadences: [everyDays(8, 14), monthly(2, 31)],
    note: 2_000,
    penalty: 2_500,
    givenNames: words("Mia Liam Ella James Zoe Henry Ruby Owen Nora Wyatt Claire Caleb"),
    familyNames: words("Parker Reed Bailey Cooper Brooks Foster Hayes Jenkins Perry Sanders"),
    phone: "+120255501##",
  },
];
