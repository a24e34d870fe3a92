import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type CliSearch, TemporalCliNotFound, cliVersion, findTemporalCli } from '../../../src/temporal/dev-server/cli';

/** Answers as the real one does. */
const realCli = '#!/bin/sh\necho "temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)"\n';
const oldCli = '#!/bin/sh\necho "temporal version 0.12.0 (Server 1.23.0, UI 2.26.2)"\n';
const otherProgram = '#!/bin/sh\necho "Temporal Java tool 3"\n';

let folder: string;
let cacheDir: string;
let downloads: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'relay-cli-'));
  cacheDir = join(folder, 'cache');
});
afterEach(() => {
  downloads?.close();
  downloads = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Nothing to be found, nothing to be reached, nothing to be built with, unless the test says otherwise. */
function search(changes: Partial<CliSearch> = {}): CliSearch {
  return {
    cliPath: null,
    searchPath: '',
    cacheDir,
    progress: () => undefined,
    downloadUrl: 'http://127.0.0.1:1',
    buildFolder: folder,
    ...changes,
  };
}

function executable(where: string, name: string, content: string, mode = 0o755): string {
  const file = join(folder, where, name);
  mkdirSync(join(folder, where), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

/** A PATH with nothing on it but this `go`. */
function fakeGo(script: string): string {
  return join(executable('go-bin', 'go', `#!/bin/sh\n${script}\n`), '..');
}

const cached = (): string => join(cacheDir, `temporal-${cliVersion}`);

describe('TEMPORAL_CLI_PATH', () => {
  it('is used before anything else', async () => {
    const cliPath = executable('own', 'my-temporal', realCli);
    executable('cache', `temporal-${cliVersion}`, realCli);
    expect(await findTemporalCli(search({ cliPath }))).toEqual({ path: cliPath, from: 'TEMPORAL_CLI_PATH' });
  });

  it.each([
    ['a file that is not executable', () => executable('own', 'temporal', realCli, 0o644)],
    ['a folder', () => folder],
    ['nothing', () => join(folder, 'nowhere')],
    ['another program', () => executable('own', 'temporal', otherProgram)],
    ['a program that fails', () => executable('own', 'temporal', '#!/bin/sh\nexit 1\n')],
  ])('is refused when it names %s, and nothing else is tried', async (_what, make) => {
    executable('cache', `temporal-${cliVersion}`, realCli);
    await expect(findTemporalCli(search({ cliPath: make() }))).rejects.toThrow(/^TEMPORAL_CLI_PATH: /);
  });
});

it('one on PATH comes before the cache', async () => {
  const found = executable('bin', 'temporal', realCli);
  executable('cache', `temporal-${cliVersion}`, realCli);
  const searchPath = ['', '/nowhere', join(folder, 'bin')].join(delimiter);
  expect(await findTemporalCli(search({ searchPath }))).toEqual({ path: found, from: 'PATH' });
});

it.each([
  ['too old', oldCli],
  ['another program of that name', otherProgram],
])('one on PATH that is %s is passed over', async (_what, content) => {
  executable('bin', 'temporal', content);
  executable('cache', `temporal-${cliVersion}`, realCli);
  expect(await findTemporalCli(search({ searchPath: join(folder, 'bin') }))).toEqual({ path: cached(), from: 'cache' });
});

describe('the download', () => {
  async function serve(archive: Buffer | null, asked: string[] = []): Promise<string> {
    downloads = createServer((request, response) => {
      asked.push(request.url ?? '');
      const { port } = downloads!.address() as AddressInfo;
      if (archive === null) response.writeHead(503).end();
      else if (request.url === '/archive') response.end(archive);
      else response.end(JSON.stringify({ archiveUrl: `http://127.0.0.1:${port}/archive`, fileToExtract: 'temporal' }));
    });
    await new Promise<void>((resolve) => downloads!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(downloads.address() as AddressInfo).port}`;
  }

  function archiveOf(content: string): Buffer {
    executable('packed', 'temporal', content);
    writeFileSync(join(folder, 'packed', 'LICENSE'), 'text');
    execFileSync('tar', ['-czf', join(folder, 'archive'), '-C', join(folder, 'packed'), 'LICENSE', 'temporal']);
    return readFileSync(join(folder, 'archive'));
  }

  it('asks for this version and platform, and is kept', async () => {
    const asked: string[] = [];
    const downloadUrl = await serve(archiveOf(realCli), asked);
    expect(await findTemporalCli(search({ downloadUrl }))).toEqual({ path: cached(), from: 'download' });
    expect(asked[0]).toMatch(new RegExp(`^/cli/v${cliVersion}\\?platform=\\w+&arch=\\w+&format=tar.gz$`));
    expect(readdirSync(cacheDir)).toEqual([`temporal-${cliVersion}`]);
    expect((await findTemporalCli(search())).from).toBe('cache');
  });

  it('several at once leave one whole file', async () => {
    const downloadUrl = await serve(archiveOf(realCli));
    const found = await Promise.all([1, 2, 3, 4].map(() => findTemporalCli(search({ downloadUrl }))));
    expect(new Set(found.map((each) => each.path))).toEqual(new Set([cached()]));
    expect(readFileSync(cached(), 'utf8')).toBe(realCli);
    expect(readdirSync(cacheDir)).toEqual([`temporal-${cliVersion}`]);
  });

  it.each([
    ['is another program', () => archiveOf(otherProgram), /download: .* is not the Temporal CLI/],
    ['is no archive', () => Buffer.from('<html>captive portal</html>'), /download: .*tar/],
    ['is refused', () => null, /download: 127\.0\.0\.1:\d+: HTTP 503/],
  ])('that %s is not kept', async (_what, archive, words) => {
    const downloadUrl = await serve(archive());
    await expect(findTemporalCli(search({ downloadUrl }))).rejects.toThrow(words);
    expect(readdirSync(cacheDir)).toEqual([]);
  });
});

describe('the build', () => {
  const goVersion = (version: string): string => `if [ "$1" = version ]; then echo "go version ${version} linux/amd64"; exit; fi`;
  const output = 'while [ "$1" != -o ]; do shift; done; output=$2';

  it('is the last way, runs in the module folder, and is kept', async () => {
    const searchPath = fakeGo(
      `${goVersion('go1.26.8')}\n${output}\npwd > ${join(folder, 'where')}\nprintf '%s' '${realCli}' > "$output"`,
    );
    const said: string[] = [];
    expect(await findTemporalCli(search({ searchPath, progress: (line) => said.push(line) }))).toEqual({
      path: cached(),
      from: 'build',
    });
    expect(said[0]).toContain('with go1.26.8');
    expect(readFileSync(join(folder, 'where'), 'utf8').trim()).toBe(folder);
    expect(readdirSync(cacheDir)).toEqual([`temporal-${cliVersion}`]);
  });

  it.each([
    ['no Go', () => '/nowhere', /build: no "go" on PATH/],
    ['an old Go', () => fakeGo(goVersion('go1.19.8')), /build: go1\.19\.8 is too old: Go 1\.21 or later is needed/],
    [
      'a build that fails',
      () => fakeGo(`${goVersion('go1.26.8')}\necho "go: downloading a v1" >&2; echo "x.go:1: no such thing" >&2; exit 1`),
      /build: go build failed:\nx\.go:1: no such thing/,
    ],
    ['a build that makes nothing', () => fakeGo(goVersion('go1.26.8')), /build: .*ENOENT/],
  ])('with %s says so, beside why every other way failed', async (_what, prepare, words) => {
    const failed = findTemporalCli(search({ searchPath: prepare() }));
    await expect(failed).rejects.toThrow(TemporalCliNotFound);
    await expect(failed).rejects.toThrow(words);
    await expect(failed).rejects.toThrow(
      /PATH: no executable[^]*cache: .*does not exist[^]*download: 127\.0\.0\.1:1: [^]*TEMPORAL_CLI_PATH[^]*TEMPORAL_ADDRESS/,
    );
    expect(readdirSync(cacheDir)).toEqual([]);
  });

  it('can be stopped', async () => {
    const stop = new AbortController();
    const searchPath = fakeGo(`${goVersion('go1.26.8')}\nexec sleep 60`);
    const building = findTemporalCli(search({ searchPath, signal: stop.signal, progress: () => stop.abort() }));
    await expect(building).rejects.toThrow(/abort/i);
  });

  it('finds its module beside the sources', () => {
    expect(existsSync(join(__dirname, '..', '..', '..', 'tools', 'temporal', 'go.mod'))).toBe(true);
    expect(readFileSync(join(__dirname, '..', '..', '..', 'tools', 'temporal', 'go.mod'), 'utf8')).toContain(
      `github.com/temporalio/cli v${cliVersion}`,
    );
  });
});
