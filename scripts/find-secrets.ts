/**
 * Looks for secrets in what is staged (`.githooks/pre-commit`), or in every tracked file with `--all` (`.ci/run`).
 * Prints file, line and kind of each, never the secret itself, and exits with 1 when it found one.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export interface FoundSecret {
  /** From 1. */
  readonly line: number;
  readonly kind: string;
}

/** Keys that a provider draws have all three; names and example words in code have not. */
const drawn = '(?=[A-Za-z0-9+/]*[A-Z])(?=[A-Za-z0-9+/]*[a-z])(?=[A-Za-z0-9+/]*[0-9])';

const secretKinds: readonly { readonly kind: string; readonly pattern: RegExp }[] = [
  { kind: 'webhook signing secret', pattern: new RegExp(`\\bwhsec_${drawn}[A-Za-z0-9+/]{32,}`) },
  { kind: 'Stripe key', pattern: new RegExp(`\\b[sr]k_(?:live|test)_${drawn}[A-Za-z0-9]{16,}`) },
  { kind: 'Paddle key', pattern: /\bpdl_(?:live_|sdbx_)?(?:apikey|ntfset)_[A-Za-z0-9]{20,}/ },
  { kind: 'AWS key id', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/ },
  { kind: 'GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})/ },
  { kind: 'npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { kind: 'Slack token', pattern: /\bxox[abeprs]-[A-Za-z0-9-]{20,}/ },
  { kind: 'private key', pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/ },
  { kind: 'TikTok access token', pattern: /TIKTOK_ACCESS_TOKEN\s*[=:]\s*['"]?[0-9a-f]{40}\b/ },
  { kind: 'encryption key', pattern: /ENCRYPTION_KEYS\s*[=:]\s*['"]?[\w-]+:[A-Za-z0-9+/]{43}=/ },
  { kind: 'password in a database URL', pattern: /\bpostgres(?:ql)?:\/\/[^\s:@/]+:(?=[^\s@/]{12,}@)[^\s@/${}]+@/ },
];

/** Published as examples by their vendors, so no secrets. */
const publicExamples = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'AKIAIOSFODNN7EXAMPLE'];

/** The lines of a text that hold a secret, in the order of the text. */
export function findSecrets(text: string): FoundSecret[] {
  return text.split('\n').flatMap((original, index) => {
    const line = publicExamples.reduce((rest, example) => rest.replaceAll(example, ''), original);
    return secretKinds.filter(({ pattern }) => pattern.test(line)).map(({ kind }) => ({ line: index + 1, kind }));
  });
}

/** With the text of each as it is staged, which may differ from the text in the work tree. */
function stagedFiles(everyTracked: boolean): { readonly file: string; readonly text: string }[] {
  const list = everyTracked ? ['ls-files', '-z'] : ['diff', '--cached', '--name-only', '--diff-filter=ACMR', '-z'];
  return git(...list)
    .split('\0')
    .filter((file) => file !== '')
    .map((file) => ({ file, text: git('show', `:./${file}`) }))
    .filter(({ text }) => !text.includes('\0')); // a binary file
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: join(__dirname, '..'), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

function main(): void {
  const found = stagedFiles(process.argv.includes('--all')).flatMap(({ file, text }) =>
    findSecrets(text).map(({ line, kind }) => `${file}:${line}: ${kind}`),
  );
  if (found.length === 0) return;
  console.error(`Secrets found. Take them out, and draw new ones if they ever left this machine:\n${found.join('\n')}`);
  process.exitCode = 1;
}

if (require.main === module) main();
