/**
 * Finds a few fields in a flat JSON object without building it: one walk over the bytes. It gives
 * up (returns false) on whatever is not plain, such as blanks, escapes or nesting, and the caller
 * takes JSON.parse. On a hot topic this was the largest single gain (docs/decisions/hot-loop.md).
 */
export class FlatJson {
  /** First byte of each field's value, without quotes; -1 while not found. */
  readonly from: Int32Array;
  /** Behind the last byte of each field's value. */
  readonly to: Int32Array;
  readonly #byLength: { index: number; name: Buffer }[][];

  constructor(fields: readonly string[]) {
    this.from = new Int32Array(fields.length);
    this.to = new Int32Array(fields.length);
    this.#byLength = [];
    fields.forEach((field, index) => {
      const name = Buffer.from(field);
      this.#byLength[name.length] ??= [];
      this.#byLength[name.length].push({ index, name });
    });
  }

  scan(b: Buffer): boolean {
    const end = b.length - 1;
    if (b[0] !== 0x7b || b[end] !== 0x7d) return false;
    const { from, to } = this;
    from.fill(-1);
    let i = 1;
    while (i < end) {
      if (b[i] !== 0x22) return false;
      const nameFrom = ++i;
      while (b[i] !== 0x22) if (b[i++] === 0x5c || i >= end) return false;
      const field = this.#field(b, nameFrom, i);
      if (b[++i] !== 0x3a) return false;
      let c = b[++i];
      let valueFrom = i;
      let valueTo: number;
      if (c === 0x22) {
        valueFrom = ++i;
        while ((c = b[i]) !== 0x22) {
          if (c === 0x5c || i >= end) return false;
          i++;
        }
        valueTo = i++;
      } else {
        // A number or a word: up to the next comma or the end; anything else is not plain.
        while ((c = b[i]) !== 0x2c && i < end) {
          if (c === 0x7b || c === 0x5b || c <= 0x20) return false;
          i++;
        }
        valueTo = i;
      }
      if (field >= 0) {
        from[field] = valueFrom;
        to[field] = valueTo;
      }
      if (i < end && b[i++] !== 0x2c) return false;
    }
    return true;
  }

  #field(b: Buffer, from: number, to: number): number {
    const candidates = this.#byLength[to - from];
    if (candidates === undefined) return -1;
    for (const { index, name } of candidates) {
      let at = 0;
      while (at < name.length && b[from + at] === name[at]) at++;
      if (at === name.length) return index;
    }
    return -1;
  }

  /**
   * A decimal with at most two places as hundredths, exactly; NaN for any other form, which then
   * has to be read as a number.
   */
  hundredths(b: Buffer, field: number): number {
    let i = this.from[field];
    const to = this.to[field];
    const negative = b[i] === 0x2d;
    if (negative) i++;
    let whole = 0;
    let places = -1;
    if (i >= to || to - i > 15) return Number.NaN;
    for (; i < to; i++) {
      const c = b[i];
      if (c === 0x2e && places < 0) places = 0;
      else if (c >= 0x30 && c <= 0x39) {
        whole = whole * 10 + (c - 0x30);
        if (places >= 0) places++;
      } else return Number.NaN;
    }
    if (places > 2) return Number.NaN;
    const scaled = places === 2 ? whole : places === 1 ? whole * 10 : whole * 100;
    return negative ? -scaled : scaled;
  }
}
