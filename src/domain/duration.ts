/** Lengths of time in milliseconds, named so that no reader counts zeros. */
export const secondMs = 1000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
/** Twenty-four hours; no calendar day, which may have 23 or 25. */
export const dayMs = 24 * hourMs;
