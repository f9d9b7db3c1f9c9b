// Reads local times in the zones of an iCalendar file with ical.js, which knows no zone but the file's own.
// Input: {"calendar": text, "times": [[tzid, "2026-01-05T18:00:00"], …]}; output: seconds since 1970, one a time.
import ICAL from "ical.js";

let input = "";
for await (const piece of process.stdin) input += piece;
const { calendar, times } = JSON.parse(input);
const root = new ICAL.Component(ICAL.parse(calendar));
const zones = new Map(
  root.getAllSubcomponents("vtimezone").map((part) => {
    const zone = new ICAL.Timezone(part);
    return [zone.tzid, zone];
  }),
);
const seconds = times.map(([tzid, local]) => {
  const time = ICAL.Time.fromDateTimeString(local);
  time.zone = zones.get(tzid);
  return time.toUnixTime();
});
console.log(JSON.stringify(seconds));
