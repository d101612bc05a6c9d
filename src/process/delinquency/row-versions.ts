/**
 * Rows as earlier releases wrote them, brought to what this one reads: a step for each version, in
 * numbers of its own, so that a step never changes again.
 */

/** What stands where a payer's cadence would, if it has to be learned yet. */
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

/** The same bytes, if they are of the newest version. */
export const upgraded = (stored: Buffer): Buffer => (stored[0] === 1 ? fromFirst(stored) : stored);
