import type { CustomerUpdate } from "../src/events/customer.ts";
import type { ContactPolicy } from "../src/events/policy.ts";

/** Local time as the platform tells it, for the checker of contacts. */
type Local = { day: string; weekday: string; clock: string };

const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (zone: string): Intl.DateTimeFormat => {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      weekday: "short",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
    });
    formats.set(zone, format);
  }
  return format;
};

const localOf = (time: number, zone: string): Local => {
  const parts = formatOf(zone).formatToParts(time);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? "";
  return {
    day: `${of("year").padStart(4, "0")}-${of("month")}-${of("day")}`,
    weekday: of("weekday"),
    clock: `${of("hour")}:${of("minute")}`,
  };
};

export const localDay = (time: number, zone: string): string => localOf(time, zone).day;

const isZone = (zone: string): boolean => {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
};

/** Where the customer may be: the zone, else every zone of the country, else anywhere on Earth. */
const zonesOf = ({ time_zone: zone, country }: CustomerUpdate): readonly string[] => {
  if (zone && isZone(zone)) return [zone];
  const isCode = country && /^[A-Z]{2}$/i.test(country);
  const locale = isCode ? new Intl.Locale("und", { region: country.toUpperCase() }) : undefined;
  const zones = (locale as { getTimeZones?: () => string[] } | undefined)?.getTimeZones?.();
  return zones && zones.length > 0 ? zones : Intl.supportedValuesOf("timeZone");
};

/** Whether a contact is lawful at a time in ms wherever the customer may be. */
export const isWithinHours = (
  time: number,
  profile: CustomerUpdate | null,
  { hours, closed_days }: ContactPolicy,
  isHoliday: (country: string, day: string) => boolean = () => false,
): boolean => {
  if (profile === null) return false;
  return zonesOf(profile).every((zone) => {
    const { day, weekday, clock } = localOf(time, zone);
    if (closed_days.includes(day) || closed_days.includes(day.slice(5))) return false;
    if (profile.country && isHoliday(profile.country, day)) return false;
    const span =
      weekday === "Sun" ? hours.sunday : weekday === "Sat" ? hours.saturday : hours.weekdays;
    if (!span) return false;
    const [from, to] = span.split("-");
    return from <= clock && clock < to;
  });
};
