/** What other people's texts look like in logs, on operators' pages and beside what is kept: short, on one line, and without what may name a buyer. */

/** An event's type as providers write them: `invoice.paid`, `PAYMENT.SALE.COMPLETED`. What reads like none is not repeated. */
export function shownType(type: string): string {
  const isType = /^[A-Za-z][\w.:/-]{0,99}$/.test(type) && !/\d{6}/.test(type);
  return isType ? type : unknownType;
}

const unknownType = '(not a type)';

/** A reason; it may repeat the type of its event. */
export function shownReason(reason: string, type: string | null): string {
  const said = type === null || type === '' ? reason : reason.replaceAll(type, shownType(type));
  return capped(said.replace(/\p{Cc}+/gu, ' ').replace(emails, '[not shown]'), 300);
}

/** An id of a provider. Some merchants make one of an e-mail address: that is not repeated. */
export function shownId(id: string): string {
  return capped(id.replace(emails, '[not shown]'), 255);
}

const emails = /[^\s@]{1,320}(?:@|%40)[^\s@]{1,320}/g;

function capped(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
