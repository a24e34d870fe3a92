/** Attributes of htmx for a part that changes by itself: it is asked for again at `address`, and the answer takes its place. */
export function askedAgain(address: string, everySeconds: number): Readonly<Record<string, string>> {
  return { 'hx-get': address, 'hx-trigger': `every ${everySeconds}s`, 'hx-swap': 'outerHTML' };
}
