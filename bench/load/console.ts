/** A session of the console. */

/** The cookies of an operator who has signed in with the token. @throws when that is refused */
export async function signIn(url: string, token: string): Promise<string> {
  const answer = await fetch(`${url}/console/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ name: 'bench', secret: token }),
  });
  if (answer.status !== 303 && answer.status !== 302) throw new Error(`signing in answered ${answer.status}`);
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0] ?? '')
    .join('; ');
}
