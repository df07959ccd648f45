// Moments of fleet time as text; all are milliseconds since 1970, UTC.

const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };
const local = new Intl.DateTimeFormat("en-GB", { ...clock, timeZoneName: "short" });
const utc = new Intl.DateTimeFormat("en-GB", { ...clock, timeZone: "UTC" });
const date = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric" });
const short = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });

export const localTime = (ms) => local.format(ms);
export const utcTime = (ms) => `${utc.format(ms)} UTC`;
export const dateOf = (ms) => date.format(ms);
export const shortTime = (ms) => short.format(ms);

// 65000 -> 1:05
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = String(seconds % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
