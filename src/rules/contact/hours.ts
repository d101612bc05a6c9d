import { DateTime, IANAZone } from "luxon";
import type { ContactPolicy } from "../../events/policy.ts";
import { businessDaysIn } from "../business-days.ts";
import { dayOf } from "../calendar.ts";

const zonesByCountry = new Map<string, readonly string[]>();

/** The zones of a country by ISO 3166 code (Unicode CLDR); none for a code that is not known. */
const zonesOfCountry = (country: string): readonly string[] => {
  const known = zonesByCountry.get(country);
  if (known) return known;
  const isCode = /^[A-Za-z]{2}$/.test(country);
  const locale = isCode ? new Intl.Locale(`und-${country}`) : undefined;
  const zones = (locale as { getTimeZones?: () => string[] } | undefined)?.getTimeZones?.() ?? [];
  zonesByCountry.set(country, zones);
  return zones;
};

/**
 * Every zone that a customer may be living in: the profile's, else its country's. Empty when
 * neither is known; no hour of the day is then lawful everywhere.
 */
export const zonesOf = (timeZone: string | null, country: string | null): readonly string[] => {
  if (timeZone !== null && IANAZone.create(timeZone).isValid) return [timeZone];
  return country === null ? [] : zonesOfCountry(country);
};

/** When one may contact: the policy's hours, and the holidays of a country if it is known. */
export type Hours = Pick<ContactPolicy, "hours" | "closed_days"> & {
  readonly country?: string | null;
};

const isHoliday = (day: DateTime, country: string | null = null): boolean => {
  const { year, month, day: ofMonth } = day;
  const date = dayOf(Date.UTC(year, month - 1, ofMonth));
  return country !== null && businessDaysIn(country.toUpperCase()).isHoliday(date);
};

const spanOf = (day: DateTime, { hours, closed_days, country }: Hours): string | null => {
  const date = day.toFormat("yyyy-MM-dd");
  if (closed_days.includes(date) || closed_days.includes(date.slice(5))) return null;
  if (isHoliday(day, country)) return null;
  if (day.weekday === 7) return hours.sunday ?? null;
  return (day.weekday === 6 ? hours.saturday : hours.weekdays) ?? null;
};

const clockAt = (day: DateTime, text: string): number => {
  const [hour, minute] = text.split(":").map(Number);
  return day.set({ hour, minute }).toMillis();
};

const searchDays = 15;

const opensIn = (zone: string, time: number, hours: Hours): number | undefined => {
  let day = DateTime.fromMillis(time, { zone }).startOf("day");
  for (let ahead = 0; ahead < searchDays; ahead++, day = day.plus({ days: 1 })) {
    const span = spanOf(day, hours);
    if (span === null) continue;
    const [from, to] = span.split("-");
    if (time < clockAt(day, to)) return Math.max(time, clockAt(day, from));
  }
  return undefined;
};

/**
 * The first time in ms, from `time` on, that lies within the hours in every one of the zones;
 * undefined when there is none within two weeks.
 */
export const lawfulFrom = (
  time: number,
  zones: readonly string[],
  hours: Hours,
): number | undefined => {
  const limit = time + searchDays * 86_400_000;
  let at = time;
  while (zones.length > 0 && at < limit) {
    let latest = at;
    for (const zone of zones) {
      const opens = opensIn(zone, at, hours);
      if (opens === undefined) return undefined;
      latest = Math.max(latest, opens);
    }
    if (latest === at) return at;
    at = latest;
  }
  return undefined;
};

/** The start of the next local day in ms. */
export const nextDay = (time: number, zone: string): number =>
  DateTime.fromMillis(time, { zone }).startOf("day").plus({ days: 1 }).toMillis();

/** The start of the local day in ms. */
export const dayStart = (time: number, zone: string): number =>
  DateTime.fromMillis(time, { zone }).startOf("day").toMillis();
