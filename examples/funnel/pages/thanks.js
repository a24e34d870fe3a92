// The sandbox's clock. The pixel needs no code on this page.
const later = document.getElementById('later');
later.hidden = later.textContent === '';
later.addEventListener('click', async () => {
  later.disabled = true;
  const { order } = later.closest('section').dataset;
  const response = await fetch(`/orders/${order}/later`, { method: 'POST' });
  const { happened, next } = await response.json();
  const item = document.createElement('li');
  item.textContent = happened;
  document.getElementById('happened').append(item);
  later.textContent = next;
  later.hidden = next === '';
  later.disabled = false;
});
if (later.hidden) document.querySelector('.sandbox').hidden = true;
