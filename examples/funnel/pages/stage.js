// The stage around the funnel: what a merchant's cookie banner and operator do, as switches.
const frame = document.getElementById('funnel');
const limit = document.getElementById('limit');

const hints = {
  '/landing': 'The visitor comes from the ad. The click id is in the address, and is kept.',
  '/email': 'Submitting reports CompleteRegistration. The address leaves the page as a hash.',
  '/paywall': 'checkout_presented has gone out. InitiateCheckout follows when the card form comes into view.',
  '/thanks':
    'The page reports the purchase at once; the provider’s webhook brings the same a moment later, and TikTok merges the two.',
};

frame.addEventListener('load', () => {
  const { pathname, search } = frame.contentWindow.location;
  document.getElementById('address').textContent = `stillwater.example${pathname}${search}`;
  document.getElementById('hint').textContent = hints[pathname] ?? '';
});

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
