// The stage around the funnel: what a merchant's cookie banner and operator do, as switches.
const frame = document.getElementById('funnel');
const limit = document.getElementById('limit');

const hints = {
  '/landing': 'The visitor comes from the ad. The click id is in the address, and is kept.',
  '/email': 'Submitting reports CompleteRegistration. The address leaves the page as a hash.',
  '/paywall': 'checkout_presented has gone out. InitiateCheckout follows when the card form comes into view.',
};

frame.addEventListener('load', () => {
  const { pathname, search } = frame.contentWindow.location;
  document.getElementById('address').textContent = `stillwater.example${pathname}${search}`;
  document.getElementById('hint').textContent = hints[pathname] ?? '';
  order = pathname === '/thanks' ? new URLSearchParams(search).get('order') : null;
  void showDecisions();
});

// --- what the relay made of the order: its own records, asked for while the page of thanks is open --------------------------------

let order = null;
const temporal = document.getElementById('temporal');
const temporalList = temporal.href;

async function showDecisions() {
  const asked = order;
  const response = asked && (await fetch(`/stage/orders/${asked}`).catch(() => null));
  if (asked !== order) return; // another page is open by now
  const { caption, decisions, temporalUrl } = response?.ok ? await response.json() : { decisions: [], temporalUrl: null };
  if (caption) document.getElementById('hint').textContent = caption;
  document.getElementById('decided').hidden = decisions.length === 0;
  document.getElementById('decisions').replaceChildren(...decisions.slice(-4).map(itemOf));
  temporal.href = temporalUrl ?? temporalList;
  temporal.textContent = temporalUrl ? 'This order in the Temporal UI' : 'Temporal UI';
}
setInterval(() => order && void showDecisions(), 1000);

function itemOf({ state, mark, payment, outcome }) {
  const item = document.createElement('li');
  item.className = state;
  for (const [name, text] of [
    ['mark', mark],
    ['payment', payment],
    ['outcome', outcome],
  ]) {
    const part = document.createElement('span');
    part.className = name;
    part.textContent = text;
    item.append(part);
  }
  return item;
}

// --- consent: kept by the merchant, told to the script of the page that is open ------------------------------------------------------

const kept = /(?:^|; )consent=(\w+)/.exec(document.cookie)?.[1] ?? 'unknown';
document.querySelector(`#consent input[value=${kept}]`).checked = true;
document.getElementById('consent').addEventListener('change', ({ target: { value } }) => {
  document.cookie = `consent=${value}; path=/; samesite=lax`;
  void frame.contentWindow.ttr?.consent(value);
});

// --- the operator's switch ---------------------------------------------------------------------------------------------------------

async function limitIs(init) {
  const response = await fetch('/stage/limit', init);
  limit.checked = (await response.json()).limit;
  limit.disabled = false;
}
limit.addEventListener('change', () => {
  limit.disabled = true;
  void limitIs({
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ limit: limit.checked }),
  });
});
void limitIs();

// --- visitors ------------------------------------------------------------------------------------------------------------------------

document.getElementById('visitor').addEventListener('click', async () => {
  await fetch('/stage/new-visitor', { method: 'POST' });
  for (const pair of document.cookie.split('; ')) document.cookie = `${pair.split('=')[0]}=; path=/; max-age=0`;
  frame.src = 'about:blank';
  localStorage.clear();
  sessionStorage.clear();
  location.reload();
});

frame.src = frame.dataset.landing;
