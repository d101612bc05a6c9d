type Timed = { value: { at: string } };
type Alert = { value: { at: string; kind: string } };

/** Orders entries by their time, the newest first. */
export const newestFirst = (a: Timed, b: Timed): number =>
  Date.parse(b.value.at) - Date.parse(a.value.at);

/** Orders alerts: who has entered Critical before all others, the newest of each first. */
export const criticalFirst = (a: Alert, b: Alert): number =>
  Number(b.value.kind === "critical_risk") - Number(a.value.kind === "critical_risk") ||
  newestFirst(a, b);
