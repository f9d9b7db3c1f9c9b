// Reads the events of an iCalendar file with ical.js, which knows no zone but the file's own.
// Input: the file. Output: {"components": names, "events": [{"uid", "end", "seconds", "dates": [[start, end], …]}, …]},
// times in seconds since 1970, "seconds" the event's duration; at most sixty dates of a series.
import ICAL from "ical.js";

let input = "";
for await (const piece of process.stdin) input += piece;
const root = new ICAL.Component(ICAL.parse(input));
const events = root.getAllSubcomponents("vevent").map((part) => {
  const event = new ICAL.Event(part);
  const dates = [];
  const all = event.iterator();
  for (let next = all.next(); next && dates.length < 60; next = all.next()) {
    const { startDate, endDate } = event.getOccurrenceDetails(next);
    dates.push([startDate.toUnixTime(), endDate.toUnixTime()]);
  }
  return { uid: event.uid, end: event.endDate.toUnixTime(), seconds: event.duration.toSeconds(), dates };
});
console.log(JSON.stringify({ components: root.getAllSubcomponents().map((part) => part.name), events }));
