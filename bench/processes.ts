/** What a process has used, as Linux says. */
import { readFileSync } from 'node:fs';

/** Resident memory, bytes. */
export function residentBytes(pid: number): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) * 1_024;
}

/** Processor time of all its threads so far, milliseconds. */
export function cpuMs(pid: number): number {
  // After the name, which may hold spaces: state is the third field, utime and stime are the 14th and 15th, in hundredths of a second.
  const [, rest = ''] = /^\d+ \(.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
