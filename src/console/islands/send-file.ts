/**
 * `<form data-send-file="#place">` sends the file that was chosen as it is, and puts what the answer has in `data-sent`, or why it was refused, into
 * the place. Without a file the form goes its usual way.
 */
export function sendFiles(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target instanceof HTMLFormElement ? event.target : null;
    const place = form?.dataset['sendFile'];
    const file = form?.querySelector<HTMLInputElement>('input[type=file]')?.files?.[0];
    if (!form || place === undefined || !file) return;
    event.preventDefault();
    void send(form, file, document.querySelector<HTMLElement>(place));
  });
}

async function send(form: HTMLFormElement, file: File, place: HTMLElement | null): Promise<void> {
  const button = form.querySelector<HTMLButtonElement>('button');
  const token = form.querySelector<HTMLInputElement>('input[name=_csrf]')?.value ?? '';
  const show = (text: string): void => {
    if (place) place.textContent = text;
  };
  if (button) button.disabled = true;
  show(`Importing ${file.name} …`);
  try {
    const headers = { 'content-type': 'text/csv', 'x-csrf-token': token };
    const response = await fetch(form.action, { method: 'POST', body: file, headers });
    const answer = new DOMParser().parseFromString(await response.text(), 'text/html');
    const shown = answer.querySelector(response.ok ? '[data-sent]' : '[role=alert]');
    if (place && shown) place.replaceChildren(...shown.childNodes);
    else show(`The service answered with status ${response.status}: import the list again.`);
  } catch {
    show('The connection ended: import the list again; what was taken in is known then.');
  } finally {
    if (button) button.disabled = false;
  }
}
