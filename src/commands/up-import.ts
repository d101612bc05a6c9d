export const upImport = async (
  _what: string,
  _how: { once: boolean; json: boolean },
): Promise<number> => 1;
