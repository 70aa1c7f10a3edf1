// Times, numbers and names as people read them. Pure, given the locale of the browser.

/** Say the time of day, as in 14:05. */
export function formatTime(moment: Date): string {
  return moment.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
}

/** Say the day: today, yesterday or the date. */
export function formatDay(moment: Date, now: Date): string {
  const days = Math.round((startOfDay(now).getTime() - startOfDay(moment).getTime()) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return moment.toLocaleDateString([], { day: "numeric", month: "long", year: "numeric" });
}

/** Say when, as short as a list needs it: the time today, else the day. */
export function formatWhen(moment: Date, now: Date): string {
  if (startOfDay(moment).getTime() === startOfDay(now).getTime()) return formatTime(moment);
  return moment.toLocaleDateString([], { day: "numeric", month: "short" });
}

/** Say a share in [0, 1] in whole per cent. */
export function formatPercent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Say how long something will take. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** Turn an identifier such as track_order into words. */
export function words(identifier: string): string {
  return identifier.replaceAll("_", " ");
}

function startOfDay(moment: Date): Date {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());
}
