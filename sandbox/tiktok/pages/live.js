'use strict';
/** The live view of TikTok's end: asks for the latest events every second and shows which of them TikTok takes for one. */
(() => {
  /** @typedef {import('../received-event').ReceivedEvent} ReceivedEvent */
  /** @typedef {{ key: string, events: [ReceivedEvent, ...ReceivedEvent[]] }} Group */
  /** @typedef {{ items: ReceivedEvent[], counts: Record<ReceivedEvent['fate'], number> }} Latest */

  const pollMs = 1000;
  const fates = /** @type {const} */ (['counted', 'merged', 'dropped', 'test', 'refused']);
  const identity = ['ttclid', 'ttp', 'ip', 'user_agent', 'email', 'phone', 'external_id'];
  /** @type {Record<string, string>} */
  const shortNames = { user_agent: 'ua', external_id: 'external id' };
  /** @type {Partial<Record<ReceivedEvent['fate'], string>>} */
  const outcomes = {
    merged: 'repeat of one that is gone from here',
    dropped: 'repeat of one that is gone from here',
    test: 'test, not in the actual data',
    refused: 'refused',
  };
  const purchaseNames = ['CompletePayment', 'Purchase', 'Subscribe', 'StartTrial', 'PlaceAnOrder'];

  const state = byId('state');
  const list = byId('groups');
  const empty = byId('empty');
  /**
   * By the group's key: its card, and how many events the card shows.
   * @type {Map<string, { card: HTMLElement, size: number }>}
   */
  const shown = new Map();
  let isFirst = true;

  /** @param {string} id */
  function byId(id) {
    const found = document.getElementById(id);
    if (!found) throw new Error(`the page has no #${id}`);
    return found;
  }

  /**
   * @param {string} tag
   * @param {string} [className]
   * @param {string} [text]
   */
  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // --- what is one event for TikTok --------------------------------------------------------------------------------------------

  /**
   * Newest group first, in a group the first event first. After 48 hours an id is counted again: a new group.
   * @param {readonly ReceivedEvent[]} events
   */
  function grouped(events) {
    /** @type {Group[]} */
    const groups = [];
    /** @type {Map<string, Group>} */
    const open = new Map();
    for (const event of events) {
      const kind = event.fate === 'merged' || event.fate === 'dropped' ? 'counted' : event.fate;
      const same = JSON.stringify([kind, event.pixelCode, event.eventName, event.eventId]);
      const joins = event.eventId !== null && event.fate !== 'counted' ? open.get(same) : undefined;
      if (joins) {
        joins.events.push(event);
        continue;
      }
      /** @type {Group} */
      const group = { key: event.requestId + same, events: [event] };
      groups.push(group);
      open.set(same, group);
    }
    return groups.sort((a, b) => latestAt(b) - latestAt(a) || groups.indexOf(b) - groups.indexOf(a));
  }

  /** @param {Group} group */
  function latestAt({ events }) {
    return (events.at(-1) ?? events[0]).at;
  }

  /** @param {ReceivedEvent} event */
  function isPurchase({ eventName, source }) {
    return purchaseNames.includes(eventName ?? '') || source === 'server';
  }

  // --- how it looks ------------------------------------------------------------------------------------------------------------

  /** @param {ReceivedEvent} event */
  function money({ value, currency }) {
    if (value === null) return '';
    try {
      return new Intl.NumberFormat('en', { style: 'currency', currency: currency ?? '' }).format(value);
    } catch {
      return value + ' ' + (currency ?? '');
    }
  }

  /** @param {readonly ReceivedEvent[]} events */
  function valueOf(events) {
    const text = events.map(money).find((one) => one !== '');
    return text ? [element('span', 'value', text)] : [];
  }

  /** @param {number} at Unix milliseconds */
  function timeOf(at) {
    return new Date(at).toLocaleTimeString('en-GB');
  }

  /**
   * @param {ReceivedEvent} event
   * @param {ReadonlySet<string> | null} known what earlier events of the group brought; null for the first
   */
  function chipsOf(event, known) {
    const chips = element('span', 'chips');
    for (const name of identity) {
      const has = event.user[name] !== undefined;
      const adds = has && known !== null && !known.has(name);
      const chip = element('span', 'chip' + (has ? ' has' : '') + (adds ? ' adds' : ''), shortNames[name] ?? name);
      chip.title = has ? name + ': ' + String(event.user[name]) : name + ' was not sent';
      chips.append(chip);
    }
    return chips;
  }

  /** @param {ReceivedEvent} event */
  function notesOf(event) {
    const notes = element('ul', 'notes');
    if (event.fate === 'refused') notes.append(element('li', 'refused', event.answer));
    for (const warning of event.warnings) notes.append(element('li', '', warning));
    if (event.limitedDataUse) notes.append(element('li', '', 'limited data use'));
    return notes.childElementCount > 0 ? notes : '';
  }

  /** @param {ReceivedEvent} event */
  function nameOf({ eventName }) {
    const name = element('span', 'name', eventName ?? 'no event');
    if (eventName === 'CompletePayment') name.append(element('span', 'alias', ' · Purchase'));
    return name;
  }

  /**
   * @param {ReceivedEvent} event
   * @param {{ known: ReadonlySet<string> | null, openRows: ReadonlySet<string | undefined>, isLine: boolean }} how
   */
  function rowOf(event, { known, openRows, isLine }) {
    const { source } = event;
    const row = element('li', 'event ' + source + ' ' + event.fate);
    const details = document.createElement('details');
    details.dataset.id = event.requestId;
    details.open = openRows.has(event.requestId);
    const summary = element('summary');
    if (isLine) summary.append(nameOf(event));
    summary.append(element('span', 'source', source));
    if (!isLine || event.fate !== 'counted') summary.append(element('span', 'fate ' + event.fate, event.fate));
    summary.append(element('time', 'at', timeOf(event.at)));
    if (isLine) summary.append(...valueOf([event]));
    summary.append(chipsOf(event, known));
    details.append(summary);
    details.addEventListener('toggle', () => details.open && void unfold(details, event));
    row.append(details, notesOf(event));
    return row;
  }

  /**
   * The request word for word, then what it was taken for. Once.
   * @param {HTMLDetailsElement} details
   * @param {ReceivedEvent} event
   */
  async function unfold(details, event) {
    if (details.querySelector('pre')) return;
    const request = element('pre', '', '…');
    const from =
      event.source === 'server' ? 'The request to the Events API, as it was sent' : 'What TikTok’s script sent, word for word';
    details.append(element('p', 'part', from), request);
    details.append(element('p', 'part', 'What it was taken for'), element('pre', '', JSON.stringify(event, null, 2)));
    const response = await fetch('requests/' + encodeURIComponent(event.requestId)).catch(() => null);
    request.textContent = response?.ok ? inLines(await response.text()) : 'no longer kept';
  }

  /** @param {string} body */
  function inLines(body) {
    try {
      return JSON.stringify(JSON.parse(body), null, 2);
    } catch {
      return body;
    }
  }

  /** @param {Group['events']} events */
  function outcomeOf(events) {
    const [first] = events;
    const sources = new Set(events.map(({ source }) => source));
    if (events.length === 1) return outcomes[first.fate] ?? '';
    if (first.fate === 'refused' || first.fate === 'test') return events.length + ' × ' + outcomes[first.fate];
    const last = events.some(({ fate }) => fate === 'merged') ? 'merged' : 'dropped';
    return sources.size > 1 && last === 'merged' ? 'browser and server, counted once' : events.length + ' sent, counted once';
  }

  /**
   * @param {Group} group
   * @param {ReadonlySet<string | undefined>} openRows
   */
  function cardOf({ events }, openRows) {
    const [first] = events;
    const isLine = events.length === 1 && !isPurchase(first);
    const card = element('li', 'group' + (isLine ? ' quiet' : ''));
    if (!isLine) {
      const head = element('div', 'head');
      head.append(nameOf(first), ...valueOf(events));
      if (first.eventId !== null) head.append(element('span', 'id', first.eventId));
      head.append(element('span', 'outcome', outcomeOf(events)));
      head.addEventListener('click', () => toggleRows(card));
      card.append(head);
    }
    const rows = element('ol', 'events');
    /** @type {Set<string>} */
    const known = new Set();
    events.forEach((event, index) => {
      rows.append(rowOf(event, { known: index === 0 ? null : new Set(known), openRows, isLine }));
      identity.filter((field) => event.user[field] !== undefined).forEach((field) => known.add(field));
    });
    card.append(rows);
    return card;
  }

  /**
   * A click on the title opens what is below it. Keys reach each row by itself.
   * @param {HTMLElement} card
   */
  function toggleRows(card) {
    if (String(getSelection()) !== '') return; // somebody copies the id
    const all = [...card.querySelectorAll('details')];
    const opens = all.some(({ open }) => !open);
    for (const details of all) details.open = opens;
  }

  /** @param {Latest['counts']} counts */
  function showCounts(counts) {
    byId('counts').replaceChildren(
      ...fates.map((fate) => {
        const pair = element('div', counts[fate] === 0 ? 'none' : '');
        pair.append(element('dt', '', fate), element('dd', counts[fate] === 0 ? '' : fate, String(counts[fate])));
        return pair;
      }),
    );
  }

  /**
   * Only cards that changed are made anew, so that open rows stay open and selected text stays selected.
   * @param {Latest} latest
   */
  function show({ items, counts }) {
    showCounts(counts);
    const onlyPurchases = document.querySelector('input[name=show][value=purchases]:checked') !== null;
    const groups = grouped(items).filter(({ events }) => !onlyPurchases || isPurchase(events[0]));
    const openRows = new Set([...list.querySelectorAll('details')].filter(({ open }) => open).map(({ dataset }) => dataset.id));
    const keys = new Set(groups.map(({ key }) => key));
    for (const [key, { card }] of shown) {
      if (keys.has(key)) continue;
      card.remove();
      shown.delete(key);
    }
    groups.forEach((group, index) => {
      const known = shown.get(group.key);
      const isSame = known?.size === group.events.length;
      const card = isSame ? known.card : cardOf(group, openRows);
      if (!isSame) {
        if (!isFirst && !known) card.classList.add('fresh');
        known?.card.replaceWith(card);
        shown.set(group.key, { card, size: group.events.length });
      }
      if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
    });
    empty.hidden = groups.length > 0;
    isFirst = false;
  }

  // --- live ----------------------------------------------------------------------------------------------------------------------

  /** @type {Latest | null} */
  let last = null;
  async function poll() {
    try {
      const response = await fetch('events?latest=300');
      if (!response.ok) throw new Error(String(response.status));
      const latest = /** @type {Latest} */ (await response.json());
      last = latest;
      show(latest);
      state.textContent = 'live';
      state.className = 'live';
    } catch {
      state.textContent = 'not reachable';
      state.className = 'lost';
    }
  }

  async function keepPolling() {
    await poll();
    setTimeout(keepPolling, document.hidden ? 5 * pollMs : pollMs);
  }

  byId('clear').addEventListener('click', async () => {
    await fetch('reset', { method: 'POST' }).catch(() => undefined);
    await poll();
  });
  document.addEventListener('change', () => last && show(last));
  document.addEventListener('visibilitychange', () => document.hidden || void poll());
  void keepPolling();
})();
