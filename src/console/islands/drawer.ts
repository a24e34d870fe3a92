/** A drawer over a list: the keyboard goes into it when it opens, Escape closes it. Where it closes to is a link, which works without this. */
export function openDrawer(): void {
  document.addEventListener('htmx:afterSwap', (event) => {
    if (event.target instanceof HTMLElement && event.target.id === 'drawer')
      event.target.querySelector<HTMLElement>('h2')?.focus();
  });
  document.addEventListener('keydown', (event) => {
    const isBusy = document.querySelector('details.confirm[open], details.menu[open]') !== null;
    if (event.key === 'Escape' && !isBusy) document.querySelector<HTMLElement>('#drawer a.drawer-close')?.click();
  });
}
