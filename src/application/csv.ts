/** CSV as spreadsheets open it: RFC 4180, and no text that a spreadsheet would take for a formula. */

/** One line, with its end. */
export function csvLine(fields: readonly string[]): string {
  return `${fields.map(csvField).join(',')}\r\n`;
}

/** A text that a spreadsheet would take for a formula is quoted by an apostrophe. */
function csvField(text: string): string {
  const inert = /^[=+@\t\r-]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
