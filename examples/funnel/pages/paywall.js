// Part of the merchant's own code: which plan is chosen, and the payment.
const checkout = document.getElementById('checkout');
const pay = document.getElementById('pay');
const chosen = () => document.querySelector('input[name=plan]:checked');

function showChosen() {
  const option = chosen();
  const { today } = option.dataset;
  document.getElementById('today').textContent = `$${today}`;
  pay.textContent = today === '0.00' ? 'Start my free week' : `Pay $${today}`;
  // What InitiateCheckout will say when the checkout comes into view.
  checkout.dataset.ttValue = today;
  checkout.dataset.ttContentId = option.value;
  checkout.dataset.ttContentName = option.parentElement.querySelector('b').textContent;
}

document.getElementById('plans').addEventListener('change', showChosen);

document.getElementById('card').addEventListener('submit', async (event) => {
  event.preventDefault();
  pay.disabled = true;
  pay.textContent = 'One moment…';

  // What ties this checkout to the payment. It goes, through our server, into the payment provider's metadata.
  const metadata = await ttr.metadata();

  const response = await fetch('/buy', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ plan: chosen().value, metadata }),
  });
  const { order } = await response.json();
  location.href = `/thanks?order=${order}`;
});

showChosen();
