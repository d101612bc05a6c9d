/** A command as it is typed for this space: without being told, commands work in `live`. */
export const commandIn = (space: string | undefined, text: string): string =>
  space === undefined || space === "live" ? text : `${text} --space ${space}`;
