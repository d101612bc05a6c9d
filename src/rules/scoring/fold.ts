const bytes = new TextEncoder();

/**
 * The fold, from 0 to `folds` - 1, that a customer belongs to whenever a model is trained: FNV-1a
 * with 32 bits over the id's UTF-8 (Fowler, Noll, Vo; RFC 9923), modulo `folds`. The model that
 * scores a customer out of fold is the one trained without this fold. `training/folds.py` gives
 * the same.
 */
export const foldOf = (customerId: string, folds: number): number => {
  let hash = 0x811c9dc5;
  for (const byte of bytes.encode(customerId)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % folds;
};
