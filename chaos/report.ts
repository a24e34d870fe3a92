/** A run in words and figures. */
import { findingKinds } from './checker';
import type { OwnEnd } from '../scripts/stack/part';
import type { Result } from './run';

/** Did nothing get lost, nor counted twice, nor stay unexplained? */
export function isGood({ findings, ownEnds }: Result): boolean {
  return findings.length === 0 && ownEnds.every((end) => end.whileStarting || wasStopped(end));
}

/**
 * The SDK gives workflow code 5 s to return, by the wall clock, and cannot be told otherwise; Node then ends the process. Code of a process
 * that was stopped meanwhile is late without a fault of its own.
 * https://github.com/temporalio/sdk-typescript/blob/main/packages/worker/src/worker-options.ts (`isolateExecutionTimeout`)
 */
function wasStopped({ said }: OwnEnd): boolean {
  return said.includes('async hook stack has become corrupted');
}

export function reportLines(result: Result): readonly string[] {
  const { options, purchases, orders, users, deliveries, faults, tikTok, findings, ownEnds } = result;
  const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;
  const counted = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([name, count]) => `${name} ${count}`)
      .join(' · ');
  const served = ownEnds.filter((end) => !end.whileStarting);
  const stopped = served.filter(wasStopped);
  const rows: readonly (readonly [string, string | number])[] = [
    ['seed', options.seed],
    ['stack', `${options.stack}: ${versionsOf(result.versions)}`],
    ['lasted', `${seconds(result.lastedMs)}, quiet ${seconds(result.settledInMs)} after the last fault`],
    ['purchases', `${purchases} of ${orders} orders and ${users} users`],
    ['kills (kill -9)', faults.kills],
    ['faults', counted(faults.counts)],
    ['webhooks', `${deliveries.accepted} accepted; ${counted(deliveries.attempts)}; slowest ${seconds(deliveries.slowestMs)}`],
    ['settings', `${result.settingsVersions} versions`],
    ['records', counted(result.states)],
    ['corrected later', `${result.corrected} were sent before the webhooks came that tell what they were`],
    ['at TikTok', counted(tikTok)],
    ['sent again', `${result.resent} purchases by the operator`],
    [
      'ended by itself',
      `${served.length - stopped.length}; ${stopped.length} by the SDK after they had been stopped, ${ownEnds.length - served.length} while starting`,
    ],
    ...findingKinds.map(
      (kind) => [kind.replaceAll('_', ' '), findings.filter((finding) => finding.kind === kind).length] as const,
    ),
  ];
  return [
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(18)}${value}`),
    '',
    ...findings.slice(0, 40).map(({ kind, of, says }) => `  ${kind}: ${of} ${says}`),
    ...served
      .slice(0, 10)
      .map(({ part, how, said }) => `  ${part} ended by itself (${how}):\n    ${said.split('\n').slice(-4).join('\n    ')}`),
  ];
}

function versionsOf(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
