/**
 * Random numbers that are the same on every machine and every run: sfc32 (Chris Doty-Humphrey's
 * small fast chaotic generator, from PractRand), seeded from words, so that whatever was drawn can
 * be drawn again.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(a: number, b: number, c: number, d: number) {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    this.#d = d | 0;
    for (let round = 0; round < 12; round++) this.word();
  }

  /** A whole number from 0 to 2^32 - 1. */
  word(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** At least 0, less than 1, in steps of 2^-32. */
  unit(): number {
    return this.word() / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.unit();
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.unit());
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(list.length * this.unit())];
  }

  /** One entry, drawn in proportion to its weight. */
  weighted<T extends { readonly weight: number }>(list: readonly T[]): T {
    let left = this.unit() * list.reduce((sum, entry) => sum + entry.weight, 0);
    for (const entry of list) if ((left -= entry.weight) < 0) return entry;
    return list[list.length - 1];
  }

  /** Mean 0, deviation 1 (Box and Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
    return radius * Math.cos(2 * Math.PI * this.unit());
  }

  /** How many happen when `mean` are expected (inversion; for means below about 30). */
  poisson(mean: number): number {
    let left = this.unit();
    let share = Math.exp(-mean);
    let count = 0;
    while (left >= share && count < 200) {
      left -= share;
      share *= mean / ++count;
    }
    return count;
  }
}

/** Mixes a 32-bit word so that every bit of it depends on every other (MurmurHash3's finaliser). */
export const mix = (word: number): number => {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
};

/** 32 bits of a text under a key: FNV-1a, mixed. For seeds and spreading, never for security. */
export const hash32 = (text: string, key = 0): number => {
  let word = 0x811c9dc5 ^ key;
  for (let i = 0; i < text.length; i++) {
    word = Math.imul(word ^ (text.charCodeAt(i) & 255), 0x01000193);
    word = Math.imul(word ^ (text.charCodeAt(i) >>> 8), 0x01000193);
  }
  return mix(word);
};

/** A generator of its own for each seed and purpose: `randomOf(seed, "person", 17)`. */
export const randomOf = (...purpose: readonly (string | number)[]): Random => {
  const text = purpose.join("\n");
  return new Random(hash32(text, 1), hash32(text, 2), hash32(text, 3), hash32(text, 4));
};
