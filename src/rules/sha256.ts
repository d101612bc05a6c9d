/** SHA-256 (FIPS 180-4) for rules, which reach no library of the machine. */

const primes = (() => {
  const found: number[] = [];
  for (let n = 2; found.length < 64; n++) if (found.every((p) => n % p !== 0)) found.push(n);
  return found;
})();
const fraction = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) | 0;
const K = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
const H = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

const utf8 = new TextEncoder();
/** Used over and over: sealing a score may take a few microseconds, not a hundred. */
let bytes = new Uint8Array(4_096);
const words = new Int32Array(64);
const state = new Int32Array(8);

/** Fills `bytes` with the text, one 1 bit, zeros, and its length in bits: returns whole blocks. */
const pad = (text: string): number => {
  const most = 3 * text.length + 72;
  if (bytes.length < most) bytes = new Uint8Array(2 * most);
  const { written } = utf8.encodeInto(text, bytes);
  const end = Math.ceil((written + 9) / 64) * 64;
  bytes.fill(0, written, end);
  bytes[written] = 0x80;
  for (let n = 0, bits = written * 8; bits > 0; n++, bits = Math.floor(bits / 256))
    bytes[end - 1 - n] = bits % 256;
  return end / 64;
};

const schedule = (at: number): void => {
  for (let t = 0, byte = at; t < 16; t++, byte += 4)
    words[t] =
      (bytes[byte] << 24) | (bytes[byte + 1] << 16) | (bytes[byte + 2] << 8) | bytes[byte + 3];
  for (let t = 16; t < 64; t++) {
    const a = words[t - 15];
    const b = words[t - 2];
    const low = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3);
    const high = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
    words[t] = (words[t - 16] + low + words[t - 7] + high) | 0;
  }
};

const compress = (): void => {
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let t = 0; t < 64; t++) {
    const choice = (e & f) ^ (~e & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + K[t] + words[t]) | 0;
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + majority) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
};

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const eight = (word: number): string =>
  hex[word >>> 24] + hex[(word >>> 16) & 255] + hex[(word >>> 8) & 255] + hex[word & 255];

/** The hash of a text in UTF-8, in hexadecimal. */
export const sha256 = (text: string): string => {
  const blocks = pad(text);
  state.set(H);
  for (let block = 0; block < blocks; block++) {
    schedule(64 * block);
    compress();
  }
  let said = "";
  for (const word of state) said += eight(word);
  return said;
};
