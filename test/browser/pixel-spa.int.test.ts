/** The same events in a single-page app: screens come and go without a page being loaded. */
import type { Page } from 'playwright-core';
import { hashedEmail } from '../../src/tiktok/user-data';
import { call, quiet, Stage, until } from '../support/browser';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start();
});
afterEach(async () => expect(await stage.reset()).toEqual({ errors: [], complaints: [] }));
afterAll(() => stage.stop());

/** Renders by address as frameworks do; its handlers stop events, as frameworks' do. */
const app = `<div id="app"></div><script>
  const screens = {
    '/': '<h1>Quiz</h1>',
    '/sign-up': '<form data-tt-registration><input type="email" name="email"><button>Continue</button></form>',
    '/paywall': '<section data-tt-checkout="subscription" data-tt-value="9.99" data-tt-currency="USD">Buy</section>',
    '/thanks': '<main data-tt-purchase="subscription" data-tt-value="9.99" data-tt-currency="USD">Thanks</main>',
  };
  const render = () => { document.getElementById('app').innerHTML = screens[location.pathname]; };
  const go = (path) => { history.pushState({ key: Math.random() }, '', path); render(); };
  addEventListener('popstate', render);
  document.getElementById('app').addEventListener('submit', (event) => { event.preventDefault(); event.stopPropagation(); go('/paywall'); });
  render();
</script>`;

async function open(): Promise<Page> {
  stage.put('/', app);
  return stage.visit('/');
}

it('a funnel from sign-up to purchase, and another after it', async () => {
  const page = await open();
  await call(page, `go('/sign-up')`);
  await page.fill('input', 'ann@example.com');
  await page.click('button');
  await until(() => stage.names().length === 3);
  const first = await call<string>(page, 'ttr.metadata().checkout_id');
  await call(page, `go('/thanks')`);
  await until(() => stage.named('CompletePayment').length === 1);
  await call(page, `go('/paywall')`);
  await until(() => stage.named('checkout_presented').length === 2);
  const second = await call<string>(page, 'ttr.metadata().checkout_id');
  await call(page, `go('/thanks')`);
  await until(() => stage.named('CompletePayment').length === 2);
  await quiet();
  expect(stage.calls('identify', 'track').map(([method, name]) => (method === 'track' ? name : method))).toEqual([
    'identify',
    'CompleteRegistration',
    'checkout_presented',
    'InitiateCheckout',
    'CompletePayment',
    'checkout_presented',
    'CompletePayment',
  ]);
  expect(stage.named('CompletePayment')).toEqual(
    [first, second].map((id) =>
      expect.objectContaining({
        event_id: `event-of-${id}`,
        properties: { value: 9.99, currency: 'USD' },
        user: { email: hashedEmail('ann@example.com') },
      }),
    ),
  );
  expect(second).not.toBe(first);
});

it('going back to the checkout and forward to the thanks reports no second purchase', async () => {
  const page = await open();
  await call(page, `go('/paywall')`);
  await until(() => stage.names().length === 2);
  await call(page, `go('/thanks')`);
  await until(() => stage.named('CompletePayment').length === 1);
  await call(page, 'history.back()');
  await until(() => stage.named('checkout_presented').length === 2);
  await call(page, 'history.forward()');
  await quiet(400);
  expect(stage.asked).toHaveLength(1);
});

it('a framework that renders the same screen anew opens none; another route with an equal one does', async () => {
  const page = await open();
  await call(page, `go('/paywall')`);
  await until(() => stage.named('checkout_presented').length === 1);
  await call(page, 'render()');
  await quiet(150);
  await call(page, `const section = document.querySelector('section'); section.replaceWith(section.cloneNode(true))`);
  await quiet(150);
  expect(stage.named('checkout_presented')).toHaveLength(1);
  await call(page, `screens['/sale'] = screens['/paywall']; go('/sale')`);
  await until(() => stage.named('checkout_presented').length === 2);
  await call(page, `document.querySelector('section').dataset.ttValue = '8.99'`);
  await quiet(150);
  expect(stage.named('checkout_presented')).toHaveLength(2);
  expect(stage.named('InitiateCheckout')).toHaveLength(1);
});

it('an attribute that comes after its element counts, and a hidden purchase does not', async () => {
  const page = await open();
  await call(
    page,
    `document.body.insertAdjacentHTML('beforeend', '<p id="late">Buy</p><p id="done" hidden data-tt-purchase>Done</p>')`,
  );
  await quiet(150);
  await call(page, `document.getElementById('late').setAttribute('data-tt-checkout', '')`);
  await until(() => stage.names().length === 2);
  await quiet();
  expect(stage.asked).toEqual([]);
  await call(page, `document.getElementById('done').hidden = false`);
  await until(() => stage.named('CompletePayment').length === 1);
});

it('by calls: what TikTok knows of is passed on, the rest is dropped', async () => {
  const page = await open();
  const contents = [{ content_id: 'yearly', quantity: 1, price: 59 }];
  const params = {
    value: '59.00',
    currency: 'USD',
    contents,
    content_type: 'product',
    description: 'A year',
    colour: 'red',
    coupon: null,
  };
  await call(
    page,
    `ttr.checkoutPresented(${JSON.stringify(params)}); ttr.initiateCheckout({ value: 0, currency: 'EUR' }); ttr.initiateCheckout();
     ttr.checkoutPresented({ value: 'free', currency: '' }); ttr.completeRegistration({ userId: 7 }); ttr.completeRegistration(null)`,
  );
  await until(() => stage.names().length === 5);
  // What is written down may come after what was sent.
  await until(() => stage.calls('track').length === 5);
  const event_id = expect.any(String);
  expect(stage.calls('track')).toEqual([
    [
      'track',
      'checkout_presented',
      { value: 59, currency: 'USD', contents, content_type: 'product', description: 'A year' },
      { event_id },
    ],
    ['track', 'InitiateCheckout', { value: 0, currency: 'EUR' }, { event_id }],
    ['track', 'checkout_presented', {}, { event_id }],
    ['track', 'CompleteRegistration', {}, { event_id }],
    ['track', 'CompleteRegistration', {}, { event_id }],
  ]);
  expect(new Set(stage.calls('track').map(([, , , more]) => (more as { event_id: string }).event_id)).size).toBe(5);
});

it('an element that becomes the next screen, as frameworks reuse them', async () => {
  stage.put('/', '<section data-tt-checkout="lifetime">Buy</section>');
  const page = await stage.visit('/');
  await until(() => stage.named('checkout_presented').length === 1);
  const become = (name: string, before: string): Promise<unknown> =>
    call(
      page,
      `{ const e = document.querySelector('section'); e.removeAttribute('${before}'); e.setAttribute('${name}', 'lifetime') }`,
    );
  await become('data-tt-purchase', 'data-tt-checkout');
  await until(() => stage.named('CompletePayment').length === 1);
  await become('data-tt-checkout', 'data-tt-purchase');
  await until(() => stage.named('checkout_presented').length === 2);
  await become('data-tt-purchase', 'data-tt-checkout');
  await until(() => stage.named('CompletePayment').length === 2);
  expect(new Set(stage.asked.map((question) => question['checkoutId'])).size).toBe(2);
});
