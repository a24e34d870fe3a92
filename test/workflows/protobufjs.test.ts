/** Histories as JSON can be replayed only with one copy of protobufjs 8: two copies don't know each other's types. */
import { execFileSync } from 'node:child_process';

it('the Temporal packages share one copy of protobufjs', () => {
  const paths = ['@temporalio/common', '@temporalio/proto', '@temporalio/worker', '@temporalio/client'].map((name) =>
    execFileSync(process.execPath, ['-p', `require.resolve('protobufjs', { paths: [require.resolve('${name}')] })`], {
      encoding: 'utf8',
    }),
  );
  expect(new Set(paths).size).toBe(1);
});
