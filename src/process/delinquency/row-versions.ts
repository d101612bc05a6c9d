/**
 * Rows as earlier releases wrote them, brought to what this one reads: a step for each version, in
 * numbers of its own, so that a step never changes again.
 */

/** What stands where a payer's cadence or lateness would, if it has to be learned yet. */
export const unlearned = 255;

/**
 * Version 1 kept pay in its head, of whoever paid. Version 2 has a list of payers behind the
 * obligations, and the pay becomes that of one payer without a name.
 */
const fromFirst = (old: Buffer): Buffer => {
  const [oldHead, head, payer, obligation] = [200, 112, 72, 32];
  const [salaryFired, salaries, salariesAt] = [88, 100, 104];
  const paid = old.readUInt16LE(salaries);
  const listsAt = oldHead + obligation * old.readUInt16LE(2);
  const grown = Buffer.alloc(head + (paid > 0 ? payer : 0) + old.length - oldHead);
  old.copy(grown, 0, 0, salariesAt);
  grown[0] = 2;
  grown.writeUInt16LE(0, salaryFired);
  grown.writeUInt16LE(0, salaries);
  let at = head + old.copy(grown, head, oldHead, listsAt);
  if (paid > 0) {
    grown.writeUInt16LE(1, 104);
    grown.writeUInt16LE(old.readUInt16LE(salaryFired), at + 4);
    for (let n = 0; n < paid; n++) {
      grown.writeUInt16LE(old.readDoubleLE(salariesAt + 16 * n), at + 8 + 2 * n);
      grown.writeDoubleLE(old.readDoubleLE(salariesAt + 16 * n + 8), at + 24 + 8 * n);
    }
    grown[at + 22] = unlearned;
    at += payer;
  }
  old.copy(grown, at, listsAt);
  return grown;
};

/**
 * Version 2 kept by how much the last pay was late in two bytes. Version 3 keeps it in the first,
 * and in the second the most of those before, which is learned with the cadence.
 */
const fromSecond = (old: Buffer): Buffer => {
  const [head, payer, obligation] = [112, 72, 32];
  const grown = Buffer.from(old);
  grown[0] = 3;
  const start = head + obligation * old.readUInt16LE(2);
  for (let n = 0; n < old.readUInt16LE(104); n++) {
    const at = start + payer * n;
    grown[at + 20] = Math.min(old.readUInt16LE(at + 20), 254);
    grown[at + 21] = unlearned;
    grown[at + 22] = unlearned;
  }
  return grown;
};

/** The same bytes, if they are of the newest version. */
export const upgraded = (stored: Buffer): Buffer => {
  const second = stored[0] === 1 ? fromFirst(stored) : stored;
  return second[0] === 2 ? fromSecond(second) : second;
};
