const closable = 'details.confirm[open], details.menu[open]';

/** Escape, or a click elsewhere, closes a question or a menu; Escape leads the keyboard back to what opened it. */
export function closeDetails(): void {
  document.addEventListener('click', (event) => {
    for (const details of document.querySelectorAll<HTMLDetailsElement>(closable))
      if (!(event.target instanceof Node) || !details.contains(event.target)) details.open = false;
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const details of document.querySelectorAll<HTMLDetailsElement>(closable)) {
      details.open = false;
      details.querySelector('summary')?.focus();
    }
  });
}
