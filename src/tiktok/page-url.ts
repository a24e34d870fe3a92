/** The purchase's page URL, without personal data and secrets. */

/**
 * A full http(s) URL with its parameters, as TikTok asks for; undefined for anything else. The function removes a login,
 * parameters with the names of secrets or personal data, and parameters that contain an e-mail address.
 * https://business-api.tiktok.com/portal/docs?id=1771101303285761 (`page.url`)
 */
export function publicPageUrl(raw: string | undefined): string | undefined {
  const text = typeof raw === 'string' ? raw.trim() : '';
  const url = httpUrl(text);
  if (url === null) return undefined;
  const privateNames = [...url.searchParams].filter(([name, value]) => isPrivate(name, value)).map(([name]) => name);
  if (privateNames.length === 0 && url.username === '' && url.password === '' && !isPrivateFragment(url.hash)) return text;
  for (const name of privateNames) url.searchParams.delete(name);
  url.username = '';
  url.password = '';
  if (isPrivateFragment(url.hash)) url.hash = '';
  return url.href;
}

/** TikTok's click id from the landing page's address: parameter `ttclid`. */
export function clickIdOf(raw: string | undefined): string | undefined {
  return httpUrl(typeof raw === 'string' ? raw.trim() : '')?.searchParams.get('ttclid') ?? undefined;
}

function httpUrl(text: string): URL | null {
  if (text.length > 4_096 || !/^https?:\/\/\S+$/i.test(text) || !URL.canParse(text)) return null;
  return new URL(text);
}

function isPrivate(name: string, value: string): boolean {
  return privateName.test(name) || value.includes('@');
}

function isPrivateFragment(hash: string): boolean {
  return hash.includes('@') || /[#&?](?:id_token|access_token|token)=/i.test(hash);
}

const privateName = /^(?:e-?mail|user_?email|phone|phone_?number|password|secret|(?:[a-z]+_)?token|jwt|auth|otp|api_?key)$/i;
