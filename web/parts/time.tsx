import { useEffect, useState } from "react";
import { usePausedAt } from "./pause.ts";
import { useZone, type Zone, zoneName } from "./zone.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;
const youngMs = 60 * minuteMs;

const inZone = (zone: Zone): { timeZone?: string } => (zone === "utc" ? { timeZone: "UTC" } : {});

const formats = new Map<string, Intl.DateTimeFormat>();
/** A formatter costs much more to make than to use, and a long list shows many times. */
const formatOf = (locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
  const key = `${locale} ${JSON.stringify(options)}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(key, known);
  return known;
};

/** 21 Nov 2026, 10:30:05 UTC: with its zone always. */
export const absoluteTime = (at: number, zone: Zone): string =>
  formatOf("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
    ...inZone(zone),
  }).format(at);

const sameDay = (a: number, b: number, zone: Zone): boolean => {
  const day = formatOf("en-CA", { dateStyle: "short", ...inZone(zone) });
  return day.format(a) === day.format(b);
};

/** 10:30:05 today, Mon 08:00 in the last six days, 21 Nov in this year, else 21 Nov 2025. */
const clockTime = (at: number, now: number, zone: Zone, seconds: boolean): string => {
  const of = (options: Intl.DateTimeFormatOptions) =>
    formatOf("en-GB", { ...options, ...inZone(zone) }).format(at);
  const time: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  if (sameDay(at, now, zone)) return of(seconds ? { ...time, second: "2-digit" } : time);
  const ago = now - at;
  if (ago > 0 && ago < 6 * dayMs) return `${of({ weekday: "short" })} ${of(time)}`;
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? undefined : "numeric";
  return `${of({ day: "numeric", month: "short", year: year as "numeric" })} ${of(time)}`;
};

/** 44 ms, 1.2 s, 3 min, 5 h, 2 days: the unit that fits. */
export const duration = (ms: number): string => {
  const size = Math.abs(ms);
  if (size < 1_000) return `${Math.round(ms)} ms`;
  if (size < minuteMs) return `${(ms / 1_000).toFixed(size < 10_000 ? 1 : 0)} s`;
  if (size < 60 * minuteMs) return `${Math.round(ms / minuteMs)} min`;
  if (size < 2 * dayMs) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / dayMs)} days`;
};

const relative = (at: number, now: number): string => {
  const ms = now - at;
  if (Math.abs(ms) < 1_000) return "now";
  return ms > 0 ? `${duration(ms)} ago` : `in ${duration(-ms)}`;
};

/** Now, told as often as said to whoever is shown; while all is held it stands still. */
const useNow = (everyMs: number): number => {
  const [now, setNow] = useState(Date.now());
  const held = usePausedAt() !== null;
  useEffect(() => {
    if (held) return;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, held]);
  return now;
};

type TimeProps = {
  at: string | number;
  /** `clock` shows the time of day also where it is young; `minute` without its seconds. */
  as?: "relative" | "clock" | "minute";
};

/** A time: relative while it is young, absolute under the pointer, in the zone that is chosen. */
export const Time = ({ at, as = "relative" }: TimeProps) => {
  const zone = useZone();
  const ms = typeof at === "number" ? at : Date.parse(at);
  const now = useNow(as === "relative" ? 1_000 : minuteMs);
  if (Number.isNaN(ms)) return <span className="unknown">unknown</span>;
  const young = as === "relative" && Math.abs(now - ms) < youngMs;
  return (
    <time
      dateTime={new Date(ms).toISOString()}
      title={`${absoluteTime(ms, zone)} (${zoneName(zone)})`}
      className="nowrap"
    >
      {young ? relative(ms, now) : clockTime(ms, now, zone, as !== "minute")}
    </time>
  );
};
