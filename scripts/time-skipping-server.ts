/**
 * Finds Temporal's time-skipping test server, which tests of days need, and prints its path; fetches it where it is missing: from Maven
 * Central, where Java and Maven are there. The SDK downloads one of its own elsewhere.
 * https://github.com/temporalio/sdk-java/tree/master/temporal-test-server
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporalCliConfig } from '../src/config/config';

const version = '1.31.0';

/** The executable: a script that takes the port. It exists once `fetchTimeSkippingServer` has made it. */
export function timeSkippingServerPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(temporalCliConfig(env).cacheDir, `test-server-${version}`, 'test-server');
}

/** @throws when Maven or Java is missing, or fails. */
export function fetchTimeSkippingServer(env: Readonly<Record<string, string | undefined>>): string {
  const executable = timeSkippingServerPath(env);
  if (existsSync(executable)) return executable;
  const folder = join(executable, '..');
  mkdirSync(join(folder, '..'), { recursive: true });
  const making = mkdtempSync(`${folder}-`);
  try {
    writeFileSync(join(making, 'pom.xml'), project);
    execFileSync('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=jars'], {
      cwd: making,
      stdio: 'inherit',
    });
    writeFileSync(join(making, 'test-server'), start, { mode: 0o755 });
    rmSync(folder, { recursive: true, force: true });
    renameSync(making, folder);
    return executable;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}

const project = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>test-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;

const start = `#!/bin/sh
exec java -cp "$(dirname "$0")/jars/*" io.temporal.testserver.TestServer "$1"
`;

if (require.main === module)
  try {
    console.log(fetchTimeSkippingServer(process.env));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
