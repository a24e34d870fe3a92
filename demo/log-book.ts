/** The service's log during the demo: kept, and shown only where it explains something. */
import type { DestinationStream } from 'pino';

const maxLines = 5_000;

export class LogBook implements DestinationStream {
  private lines: string[] = [];

  write(line: string): void {
    this.lines.push(line.trimEnd());
    if (this.lines.length > maxLines) this.lines.shift();
  }

  /** Warnings, errors, and what names one of these ids; the latest. */
  about(ids: readonly string[], atMost: number): readonly string[] {
    const isTelling = (line: string): boolean =>
      /"level":"(warn|error|fatal)"/.test(line) || ids.some((id) => line.includes(`"${id}"`));
    return this.lines.filter(isTelling).slice(-atMost);
  }
}
