/** What the service is told of a visitor, when, and how often. */
import { call, quiet, Stage, until } from '../support/browser';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start();
});
afterEach(async () => expect(await stage.reset()).toEqual({ errors: [], complaints: [] }));
afterAll(() => stage.stop());

it('tells of click, visitor id, page, referrer and language at load, and of changes; not the same again', async () => {
  stage.put('/ad', '<a href="/landing?ttclid=E.C.P.abc">Ad</a>');
  stage.put('/landing', '');
  const page = await (await stage.context()).newPage();
  await page.goto(`${stage.siteUrl}/ad`);
  await until(() => stage.collected.length > 0);
  await page.click('a');
  await until(() => stage.collected.some(({ ttclid }) => ttclid !== undefined));
  const url = `${stage.siteUrl}/landing?ttclid=E.C.P.abc`;
  const ttp = await call<string>(page, `(document.cookie.match(/_ttp=([^;]*)/) ?? [])[1]`);
  const said = {
    checkoutId: expect.any(String),
    ttclid: 'E.C.P.abc',
    ttp,
    url,
    referrer: `${stage.siteUrl}/ad`,
    locale: 'en-US',
  };
  expect(stage.collected.pop()).toEqual(said);
  // No cookies go along unless the server sets one.
  expect(stage.cookies[0]).toBe('');
  await quiet();
  stage.collected.length = 0;
  await page.reload();
  await quiet(400);
  expect(stage.collected).toEqual([]);
  await call(page, `ttr.identify({ userId: 'u1' }); ttr.identify({ userId: 'u1' })`);
  await until(() => stage.collected.length === 1);
  await quiet();
  expect(stage.collected).toEqual([{ ...said, userId: 'u1' }]);
});

it('keeps the newest click for 90 days, and takes none that is not one', async () => {
  stage.put('/', '');
  const page = await stage.visit('/?ttclid=first');
  await stage.goto(page, '/?ttclid=se%20cond');
  await stage.goto(page, '/?ttclid=__CLICKID__');
  await stage.goto(page, `/?ttclid=${'x'.repeat(1001)}`);
  await stage.goto(page, '/?ttclid=');
  await until(() => stage.collected.length >= 5);
  expect([...new Set(stage.collected.map(({ ttclid }) => ttclid))]).toEqual(['first']);
  const longest = 'y'.repeat(1000);
  await stage.goto(page, `/?ttclid=${longest}`);
  stage.put('/later', '');
  await stage.goto(page, '/later');
  const cookies = await page.context().cookies();
  const { value, expires, sameSite, path } = cookies.find(({ name }) => name === 'ttclid')!;
  expect({ value, sameSite, path }).toEqual({ value: longest, sameSite: 'Lax', path: '/' });
  const days = (expires * 1000 - (await call<number>(page, 'Date.now()'))) / 86_400_000;
  expect(Math.round(days)).toBe(90);
});

it('an address that is too long loses its query, and the click is told all the same', async () => {
  stage.put('/', '');
  await stage.visit(`/?ttclid=E.C.P.abc&quiz=${'z'.repeat(4_100)}`);
  await until(() => stage.collected.length > 0);
  expect(stage.collected[0]).toMatchObject({ url: `${stage.siteUrl}/`, ttclid: 'E.C.P.abc' });
});

it('cookies go along where the server sets the click id', async () => {
  stage.config = { serverCookie: true };
  stage.put('/', '');
  const page = await stage.visit('/?ttclid=E.C.P.abc');
  await until(() => stage.collected.length > 0);
  await call(page, `ttr.identify({ userId: 'u1' })`);
  await until(() => stage.collected.some(({ userId }) => userId === 'u1'));
  expect(stage.cookies.join()).toContain('ttclid=E.C.P.abc');
});

it.each(['unavailable', 'refusing'] as const)('what a server that is %s did not take', async (mode) => {
  stage.expectedErrors = [/status of (503|400)/];
  // Without TikTok's script nothing changes meanwhile.
  stage.config = { pixelCode: null };
  stage.mode = mode;
  stage.put('/', '');
  await stage.visit('/');
  // On a slow machine it may have been told a second time before the page is looked at.
  await until(() => stage.collected.length > 0);
  const first = stage.collected[0];
  stage.mode = 'ok';
  // Comes again after a pause if it may be taken then, and else not.
  if (mode === 'unavailable') {
    await until(() => stage.collected.length > 1);
    expect(stage.collected[1]).toMatchObject({ checkoutId: first!['checkoutId'] });
  } else {
    await quiet(1_300);
    expect(stage.collected).toHaveLength(1);
  }
});

it('what could not be told offline is told online', async () => {
  stage.expectedErrors = [/ERR_INTERNET_DISCONNECTED/];
  stage.put('/', '');
  const page = await stage.visit('/');
  await until(() => stage.collected.length > 0);
  await quiet();
  await page.context().setOffline(true);
  await call(page, `ttr.identify({ userId: 'u1' })`);
  // The second try, after a second, fails too; the third would come three seconds later.
  await quiet(1_200);
  await page.context().setOffline(false);
  await until(() => stage.collected.some(({ userId }) => userId === 'u1'), 'the user id', 2_500);
});

it('what waits behind a server that hangs is told as the page is left', async () => {
  stage.mode = 'hanging';
  stage.put('/', '<form data-tt-registration action="/next"><input type="email" name="email"><button>Go</button></form>');
  stage.put('/next', '', { bare: true });
  const page = await stage.visit('/');
  await until(() => stage.collected.length > 0);
  await page.fill('input', 'ann@example.com');
  await page.click('button');
  await until(() => stage.collected.some(({ email }) => email === 'ann@example.com'));
});

it('where fetch is replaced by something that throws, a beacon tells', async () => {
  stage.put('/', '', { head: `<script>window.fetch = () => { throw new Error('blocked') }</script>` });
  await stage.visit('/?ttclid=E.C.P.abc');
  await until(() => stage.collected.some(({ ttclid }) => ttclid === 'E.C.P.abc'));
});
