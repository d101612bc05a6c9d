/**
 * Public holidays on which the banks of a country are closed, by ISO 3166 code; a new country is
 * one entry. Holidays of regions are left out, and so is what always falls on a Sunday. The words
 * of a rule:
 *
 *     12-25            that day of each year          2022-09-19      that day only
 *     05-25>mon        the first Monday on or after   easter+39       days after Easter Sunday
 *     orthodox-2       the same by the Julian Easter
 *     spring+1         days after a feast of the table in feast-days.ts
 *     from 2016, to 2019, except 2002,2012            the years in which it holds
 *     substitute       on a weekend: the next weekday that is no holiday yet
 *     monday           on a Sunday: the next weekday that is no holiday yet
 *     nearest          on a Saturday: the weekday before it that is no holiday yet; else as monday
 */
export const holidayRules: Readonly<Record<string, string>> = {
  AT:
    "01-01; 01-06; easter+1; 05-01; easter+39; easter+50; easter+60; 08-15; 10-26; 11-01; 12-08; " +
    "12-25; 12-26",
  AU:
    "01-01 substitute; 01-26 substitute; easter-2; easter-1; easter+1; 04-25; 06-08>mon; " +
    "12-25 substitute; 12-26 substitute; 2022-09-22",
  BE: "01-01; easter+1; 05-01; easter+39; easter+50; 07-21; 08-15; 11-01; 11-11; 12-25",
  BG:
    "01-01; 03-03; orthodox-2; orthodox+1; 05-01; 05-06; 05-24; 09-06; 09-22; 12-24; " +
    "12-25; 12-26",
  CA:
    "01-01 substitute; easter-2; 05-18>mon; 07-01 substitute; 09-01>mon; 09-30 from 2021; " +
    "10-08>mon; 11-11; 12-25 substitute; 12-26 substitute",
  CH: "01-01; easter-2; easter+1; easter+39; easter+50; 08-01; 12-25; 12-26",
  CZ:
    "01-01; easter-2 from 2016; easter+1; 05-01; 05-08; 07-05; 07-06; 09-28 from 2000; 10-28; " +
    "11-17 from 2000; 12-24; 12-25; 12-26",
  DE:
    "01-01; easter-2; easter+1; 05-01; easter+39; easter+50; 10-03 from 1990; 2017-10-31; 12-25; " +
    "12-26",
  DK: "01-01; easter-3; easter-2; easter+1; easter+26 to 2023; easter+39; easter+50; 12-25; 12-26",
  EE: "01-01; 02-24; easter-2; 05-01; 06-23; 06-24; 08-20 from 1998; 12-24 from 2005; 12-25; 12-26",
  ES: "01-01; 01-06; easter-2; 05-01; 08-15; 10-12; 11-01; 12-06; 12-08; 12-25",
  FI:
    "01-01; 01-06; easter-2; easter+1; 05-01; easter+39; 06-19>fri; 06-20>sat; 10-31>sat; 12-06; " +
    "12-24; 12-25; 12-26",
  FR: "01-01; easter+1; 05-01; 05-08; easter+39; easter+50; 07-14; 08-15; 11-01; 11-11; 12-25",
  GB:
    "01-01 substitute; easter-2; easter+1; 05-01>mon except 1995,2020; " +
    "05-25>mon except 2002,2012,2022; 08-25>mon; 12-25 substitute; 12-26 substitute; " +
    "1995-05-08; 1999-12-31; 2002-06-03; 2002-06-04; 2011-04-29; 2012-06-04; 2012-06-05; " +
    "2020-05-08; 2022-06-02; 2022-06-03; 2022-09-19; 2023-05-08",
  GR:
    "01-01; 01-06; orthodox-48; 03-25; orthodox-2; orthodox+1; 05-01; orthodox+50; 08-15; 10-28; " +
    "12-25; 12-26",
  HR:
    "01-01; 01-06; easter+1; 05-01; 05-30 from 2020; easter+60; 06-22; 06-25 to 2019; 08-05; " +
    "08-15; 10-08 to 2019; 11-01; 11-18 from 2020; 12-25; 12-26",
  HU:
    "01-01; 03-15; easter-2 from 2017; easter+1; 05-01; easter+50; 08-20; 10-23; " +
    "11-01 from 1999; 12-25; 12-26",
  IE:
    "01-01 substitute; 02-01>mon from 2023 except 2030; 2030-02-01; 03-17 substitute; easter+1; " +
    "05-01>mon; 06-01>mon; 08-01>mon; 10-25>mon; 12-25 substitute; 12-26 substitute; 2022-03-18",
  IT:
    "01-01; 01-06; easter+1; 04-25; 05-01; 06-02 from 2001; 08-15; 10-04 from 2026; 11-01; " +
    "12-08; 12-25; 12-26",
  JP:
    "01-01; 01-02; 01-03; 01-08>mon; 02-11 monday; 02-23 monday from 2020; vernal+0 monday; " +
    "04-29 monday; 05-03 monday; 05-04 monday; 05-05 monday; 07-15>mon except 2020,2021; " +
    "08-11 monday from 2016 except 2020,2021; 09-15>mon; autumnal+0 monday; " +
    "10-08>mon except 2020,2021; 11-03 monday; 11-23 monday; 12-23 monday to 2018; 12-31; " +
    "2009-09-22; 2015-09-22; 2019-04-30; 2019-05-01; 2019-05-02; 2019-10-22; 2020-07-23; " +
    "2020-07-24; 2020-08-10; 2021-07-22; 2021-07-23; 2021-08-09; 2026-09-22",
  LT:
    "01-01; 02-16; 03-11; easter+1; 05-01; 06-24 from 2003; 07-06; 08-15; 11-01; " +
    "11-02 from 2020; 12-24 from 2003; 12-25; 12-26",
  LU:
    "01-01; easter+1; 05-01; 05-09 from 2019; easter+39; easter+50; 06-23; 08-15; 11-01; 12-25; " +
    "12-26",
  LV:
    "01-01; easter-2; easter+1; 05-01; 05-04 substitute from 2002; 06-23; 06-24; " +
    "11-18 substitute; 12-24; 12-25; 12-26; 12-31; 2023-05-29",
  NL:
    "01-01; easter+1; 04-30 to 2013; 04-27 from 2014; 2014-04-26; 2025-04-26; 2020-05-05; " +
    "2025-05-05; 2030-05-05; easter+39; easter+50; 12-25; 12-26",
  NO: "01-01; easter-3; easter-2; easter+1; 05-01; 05-17; easter+39; easter+50; 12-25; 12-26",
  NZ:
    "01-01 substitute; 01-02 substitute; 02-06 to 2013; 02-06 substitute from 2014; easter-2; " +
    "easter+1; 04-25 to 2013; 04-25 substitute from 2014; 06-01>mon; 10-22>mon; " +
    "12-25 substitute; 12-26 substitute; 2022-06-24; 2022-09-26; 2023-07-14; 2024-06-28; " +
    "2025-06-20; 2026-07-10; 2027-06-25; 2028-07-14; 2029-07-06; 2030-06-21",
  PL:
    "01-01; 01-06 from 2011; easter+1; 05-01; 05-03; easter+60; 08-15; 11-01; 11-11; " +
    "2018-11-12; 12-24 from 2025; 12-25; 12-26",
  PT:
    "01-01; easter-2; 04-25; 05-01; easter+60 except 2013,2014,2015; 06-10; 08-15; " +
    "10-05 except 2013,2014,2015; 11-01 except 2013,2014,2015; 12-01 except 2013,2014,2015; " +
    "12-08; 12-25",
  RO:
    "01-01; 01-02; 01-06 from 2024; 01-07 from 2024; 01-24 from 2016; orthodox-2 from 2018; " +
    "orthodox+1; 05-01; 06-01 from 2017; orthodox+50 from 2008; 08-15 from 2008; " +
    "11-30 from 2012; 12-01; 12-25; 12-26",
  SE:
    "01-01; 01-06; easter-2; easter+1; 05-01; easter+39; easter+50 to 2004; 06-06 from 2005; " +
    "06-19>fri; 06-20>sat; 10-31>sat; 12-24; 12-25; 12-26; 12-31",
  SI:
    "01-01; 01-02 to 2012; 01-02 from 2017; 02-08; easter+1; 04-27; 05-01; 05-02; 06-25; 08-15; " +
    "10-31; 11-01; 12-25; 12-26",
  SK:
    "01-01; 01-06; easter-2; easter+1; 05-01; 05-08 from 1997 except 2026; 07-05; 08-29; " +
    "09-01 to 2023; 09-15 except 2026; 11-01; 11-17 from 2001 to 2024; 12-24; 12-25; 12-26",
  TW:
    "01-01 to 2014; 01-01 nearest from 2015; spring-2 substitute from 2026; spring-1 substitute; " +
    "spring+0 substitute; spring+1 substitute; spring+2 substitute; 02-28 to 2014; " +
    "02-28 nearest from 2015; 04-04 from 2011 to 2014; 04-04 nearest from 2015 except 2021; " +
    "2016-04-05; 2017-04-03; 2021-04-02; 2024-04-05; 2025-04-03; 2028-04-03; 2029-04-03; " +
    "tombs+0 to 2014; tombs+0 nearest from 2015; 05-01 to 2014; 05-01 nearest from 2015; " +
    "dragon+0 to 2014; dragon+0 nearest from 2015; harvest+0 to 2014; " +
    "harvest+0 nearest from 2015; 09-28 nearest from 2025; 10-10 to 2014; " +
    "10-10 nearest from 2015; 10-25 nearest from 2025; 12-25 nearest from 2025",
  US:
    "01-01 monday; 01-15>mon from 1986; 02-15>mon; 05-25>mon; 06-19 monday from 2021; " +
    "07-04 monday; 09-01>mon; 10-08>mon; 11-11 monday; 11-22>thu; 12-25 monday",
};
