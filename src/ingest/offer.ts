/**
 * Cuts the body of a request into the bytes of its records, without reading them: each record is
 * judged by itself later, and one that is broken must not take the others with it.
 */
const space = new Set([0x20, 0x09, 0x0a, 0x0d]);
const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);
const [listOpens, listCloses] = [0x5b, 0x5d];

const trimmed = (bytes: Buffer): Buffer => {
  let from = 0;
  let to = bytes.length;
  while (from < to && space.has(bytes[from])) from++;
  while (to > from && space.has(bytes[to - 1])) to--;
  return bytes.subarray(from, to);
};

/** The place behind a text that begins at `at`. */
const afterText = (bytes: Buffer, at: number): number => {
  for (let n = at + 1; n < bytes.length; n++) {
    if (bytes[n] === backslash) n++;
    else if (bytes[n] === quote) return n + 1;
  }
  return bytes.length;
};

/** Elements of the list that the bytes are; the last one runs to the end if the list never ends. */
const elementsOf = (bytes: Buffer): Buffer[] => {
  const elements: Buffer[] = [];
  let depth = 0;
  let from = 1;
  let at = 1;
  const cut = () => {
    elements.push(trimmed(bytes.subarray(from, at)));
    from = at + 1;
  };
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === quote) {
      at = afterText(bytes, at);
      continue;
    }
    if (opening.has(byte)) depth++;
    else if (byte === listCloses && depth === 0) break;
    else if (closing.has(byte)) depth--;
    else if (byte === comma && depth === 0) cut();
    at++;
  }
  const isWhole = at < bytes.length && trimmed(bytes.subarray(at + 1)).length === 0;
  if (!isWhole) at = bytes.length;
  const last = trimmed(bytes.subarray(from, at));
  if (elements.length > 0 || last.length > 0) elements.push(last);
  return elements;
};

const linesOf = (bytes: Buffer): Buffer[] => {
  const lines: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const found = bytes.indexOf(0x0a, from);
    const to = found < 0 ? bytes.length : found;
    const line = trimmed(bytes.subarray(from, to));
    if (line.length > 0) lines.push(line);
    from = to + 1;
  }
  return lines;
};

/** Records of a body: one on each line, else those of a JSON array, else the one that it is. */
export const recordsOf = (body: Buffer, lines: boolean): Buffer[] => {
  if (lines) return linesOf(body);
  const whole = trimmed(body);
  if (whole[0] === listOpens) return elementsOf(whole);
  return whole.length === 0 ? [] : [whole];
};
