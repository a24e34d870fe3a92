/** The live view of TikTok's end: one page, its style and its script, served as they are. */

export const livePage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>TikTok’s end</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="live.css">
    <script defer src="live.js"></script>
  </head>
  <body>
    <header>
      <div class="title">
        <h1>TikTok’s end</h1>
        <p id="state" role="status">connecting…</p>
      </div>
      <dl id="counts"></dl>
      <div class="tools">
        <fieldset>
          <legend class="unseen">Show</legend>
          <label><input type="radio" name="show" value="all" checked><span>All</span></label>
          <label><input type="radio" name="show" value="purchases"><span>Purchases</span></label>
        </fieldset>
        <button id="clear" type="button">Clear</button>
      </div>
    </header>
    <main>
      <ol id="groups"></ol>
      <p id="empty" hidden>Nothing has arrived. Events appear here as pages and the service send them.</p>
      <noscript><p>This page needs JavaScript; the same as JSON is at <a href="events">events</a>.</p></noscript>
    </main>
    <footer>
      <p>
        Events with the same name and <code>event_id</code> are one: TikTok <b class="counted">counts</b> the first,
        <b class="merged">merges</b> what follows within 5 minutes, and <b class="dropped">drops</b> what follows within 48 hours.
        A <span class="chip has adds">tinted</span> field is one that the later event added.
      </p>
    </footer>
  </body>
</html>
`;

export const liveStyle = `
:root {
  color-scheme: light dark;
  --paper: #f6f6f4; --card: #fff; --ink: #1b1c1e; --soft: #6a6d73; --faint: #b4b7bc; --rule: #e4e4e0;
  --counted: #14804a; --merged: #3858c9; --dropped: #7b7f87; --test: #996200; --refused: #c2321f;
  --shadow: 0 1px 2px rgb(0 0 0 / 5%);
  --mono: ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #131416; --card: #1c1d20; --ink: #e9e9ea; --soft: #9a9da3; --faint: #5a5d63; --rule: #2c2e32;
    --counted: #4cc38a; --merged: #8fa6ff; --dropped: #9a9da3; --test: #e2a336; --refused: #ff7b6b;
    --shadow: none;
  }
}
*, ::before, ::after { box-sizing: border-box; }
body {
  display: flex; flex-direction: column; min-height: 100vh; margin: 0; background: var(--paper); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; font-variant-numeric: tabular-nums;
  -webkit-text-size-adjust: 100%;
}
header, main, footer { width: 100%; max-width: 60rem; margin: 0 auto; padding: 0 1.25rem; }
header {
  position: sticky; top: 0; z-index: 1; max-width: none; padding-block: .85rem .75rem;
  padding-inline: max(1.25rem, (100vw - 60rem) / 2 + 1.25rem);
  display: flex; flex-wrap: wrap; align-items: center; gap: .6rem 1.5rem;
  background: color-mix(in srgb, var(--paper) 92%, transparent); backdrop-filter: blur(8px); border-bottom: 1px solid var(--rule);
}
h1 { margin: 0; font-size: 1rem; font-weight: 650; letter-spacing: -.01em; }
p { margin: 0; }
#state { color: var(--soft); font-size: .8rem; }
#state::before {
  content: ''; display: inline-block; width: .5em; height: .5em; margin-right: .45em; border-radius: 50%;
  background: var(--faint); vertical-align: .08em;
}
#state.live::before { background: var(--counted); }
#state.lost::before { background: var(--refused); }
#counts { display: flex; gap: 1.1rem; margin: 0 auto 0 0; }
#counts div { display: flex; flex-direction: column-reverse; }
#counts dt { color: var(--soft); font-size: .75rem; }
#counts dd { margin: 0; font-size: 1.15rem; font-weight: 600; line-height: 1.15; }
#counts .none { opacity: .35; }
.tools { display: flex; gap: .6rem; align-items: center; }
fieldset { display: flex; margin: 0; padding: 2px; border: 0; border-radius: 8px; background: var(--rule); }
fieldset span { display: block; padding: .2rem .7rem; border-radius: 6px; color: var(--soft); cursor: pointer; }
fieldset input { position: absolute; opacity: 0; pointer-events: none; }
fieldset input:checked + span { background: var(--card); color: var(--ink); box-shadow: var(--shadow); }
fieldset input:focus-visible + span, button:focus-visible, summary:focus-visible { outline: 2px solid var(--merged); outline-offset: 1px; }
button { padding: .25rem .75rem; border: 1px solid var(--rule); border-radius: 8px; background: none; color: var(--ink); font: inherit; cursor: pointer; }
button:hover { border-color: var(--faint); }
main { flex: 1; padding-block: 1.1rem; }
#groups { display: grid; gap: .7rem; margin: 0; padding: 0; list-style: none; }
#empty { padding: 18vh 1rem; color: var(--soft); text-align: center; text-wrap: balance; }

.group { border: 1px solid var(--rule); border-radius: 12px; background: var(--card); box-shadow: var(--shadow); }
.group.fresh { animation: arrive .5s ease-out; }
@keyframes arrive { from { opacity: 0; transform: translateY(-6px); } }
@media (prefers-reduced-motion: reduce) { .group.fresh { animation: none; } }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .7rem; padding: .7rem 1rem .25rem; }
.name { font-weight: 620; }
.alias { color: var(--soft); font-weight: 400; }
.value { font-weight: 620; }
.id { flex: 0 1 auto; min-width: 0; overflow-wrap: anywhere; color: var(--soft); font: .78rem var(--mono); }
.id.none { color: var(--faint); font-family: inherit; }
.outcome { margin-left: auto; color: var(--soft); font-size: .8rem; }
/* What is no purchase stands back: a line. */
.group.quiet .events { padding-block: .15rem; }
.group.quiet .name { min-width: 11rem; font-weight: 500; }
.group.quiet .value { font-weight: 500; }

.events { margin: 0; padding: 0 0 .45rem; list-style: none; }
.event { position: relative; padding: .3rem 1rem .3rem 2.35rem; }
/* A line through the marks of what TikTok takes for one event. */
.event::before {
  content: ''; position: absolute; left: 1.06rem; top: .55rem; width: .8rem; height: .8rem; border-radius: 50%;
  border: 2.5px solid currentcolor; background: var(--card);
}
.event.server::before { background: currentcolor; }
.event:not(:last-child)::after {
  content: ''; position: absolute; left: calc(1.46rem - 1px); top: 1.35rem; bottom: -.55rem; width: 2px; background: var(--rule);
}
.counted { color: var(--counted); } .merged { color: var(--merged); } .dropped { color: var(--dropped); }
.test { color: var(--test); } .refused { color: var(--refused); }
summary { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem .75rem; border-radius: 6px; color: var(--ink); list-style: none; cursor: pointer; }
summary::-webkit-details-marker { display: none; }
.source { min-width: 4.1rem; }
.fate { min-width: 4.2rem; font-weight: 600; }
.at { color: var(--soft); font-size: .8rem; }
.chips { display: flex; flex-wrap: wrap; gap: .25rem; margin-left: auto; }
.chip { padding: 0 .45rem; border: 1px solid transparent; border-radius: 99px; color: var(--faint); font-size: .74rem; line-height: 1.35rem; white-space: nowrap; }
.chip.has { border-color: var(--rule); color: var(--ink); }
.chip.has.adds { border-color: color-mix(in srgb, var(--merged) 45%, transparent); background: color-mix(in srgb, var(--merged) 11%, transparent); color: var(--merged); }
.notes { margin: .2rem 0 0; padding: 0; color: var(--test); font-size: .82rem; list-style: none; overflow-wrap: anywhere; }
.notes .refused { color: var(--refused); }
.notes li::before { content: '!'; display: inline-block; width: 1.05em; margin-right: .4em; border-radius: 3px; border: 1px solid currentcolor; font-size: .85em; line-height: 1.1; text-align: center; }
pre { margin: .5rem 0 .3rem; padding: .7rem .85rem; overflow-x: auto; border-radius: 8px; background: var(--paper); color: var(--soft); font: .76rem/1.5 var(--mono); white-space: pre-wrap; overflow-wrap: anywhere; }
footer { padding-block: .5rem 2rem; color: var(--soft); font-size: .8rem; text-wrap: pretty; }
footer b { font-weight: 600; }
code { font: .92em var(--mono); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

@media (max-width: 40rem) {
  header, main, footer { padding-inline: .8rem; }
  header { gap: .55rem 1rem; }
  .title { flex: 1; } .tools { order: 2; }
  #counts { order: 3; width: 100%; margin: 0; justify-content: space-between; gap: .5rem; }
  .head, .event { padding-right: .8rem; } .head { padding-left: .8rem; }
  .outcome { margin-left: 0; flex-basis: 100%; }
  .group.quiet .name { min-width: 0; margin-right: auto; } .group.quiet .source { min-width: 0; color: var(--soft); }
  .event { padding-left: 2rem; } .event::before { left: .8rem; } .event:not(:last-child)::after { left: calc(1.2rem - 1px); }
  .chips { flex-basis: 100%; margin: 0; }
  .chip { padding: 0 .4rem; } .chip:not(.has) { display: none; }
}
`;

export const liveScript = String.raw`'use strict';
(() => {
  const pollMs = 1000;
  const fates = ['counted', 'merged', 'dropped', 'test', 'refused'];
  const identity = ['ttclid', 'ttp', 'ip', 'user_agent', 'email', 'phone', 'external_id'];
  const shortNames = { user_agent: 'ua', external_id: 'external id' };
  const outcomes = {
    merged: 'repeat of one that is gone from here',
    dropped: 'repeat of one that is gone from here',
    test: 'test, not in the actual data',
    refused: 'refused',
  };
  const purchaseNames = ['CompletePayment', 'Purchase', 'Subscribe', 'StartTrial', 'PlaceAnOrder'];

  const state = document.getElementById('state');
  const list = document.getElementById('groups');
  const empty = document.getElementById('empty');
  /** By key: the element, what it shows, and how often it was seen. */
  const shown = new Map();
  let isFirst = true;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // --- what is one event for TikTok --------------------------------------------------------------------------------------------

  /** Newest group first, in a group the first event first. After 48 hours an id is counted again: a new group. */
  function grouped(events) {
    const groups = [];
    const open = new Map();
    for (const event of events) {
      const kind = event.fate === 'merged' || event.fate === 'dropped' ? 'counted' : event.fate;
      const same = JSON.stringify([kind, event.pixelCode, event.eventName, event.eventId]);
      const joins = event.eventId !== null && event.fate !== 'counted' ? open.get(same) : undefined;
      if (joins) {
        joins.events.push(event);
        continue;
      }
      const group = { key: event.requestId + same, events: [event] };
      groups.push(group);
      open.set(same, group);
    }
    return groups.sort((a, b) => b.events.at(-1).at - a.events.at(-1).at || groups.indexOf(b) - groups.indexOf(a));
  }

  function isPurchase({ eventName, source }) {
    return purchaseNames.includes(eventName) || source === 'server';
  }

  // --- how it looks ------------------------------------------------------------------------------------------------------------

  function money({ value, currency }) {
    if (value === null) return '';
    try {
      return new Intl.NumberFormat('en', { style: 'currency', currency: currency ?? '' }).format(value);
    } catch {
      return value + ' ' + (currency ?? '');
    }
  }

  function valueOf(events) {
    const text = events.map(money).find((one) => one !== '');
    return text ? [element('span', 'value', text)] : [];
  }

  function timeOf(at) {
    return new Date(at).toLocaleTimeString('en-GB');
  }

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

  function notesOf(event) {
    const notes = element('ul', 'notes');
    if (event.fate === 'refused') notes.append(element('li', 'refused', event.answer));
    for (const warning of event.warnings) notes.append(element('li', '', warning));
    if (event.limitedDataUse) notes.append(element('li', '', 'limited data use'));
    return notes.childElementCount > 0 ? notes : '';
  }

  function nameOf({ eventName }) {
    const name = element('span', 'name', eventName ?? 'no event');
    if (eventName === 'CompletePayment') name.append(element('span', 'alias', ' · Purchase'));
    return name;
  }

  function rowOf(event, known, openRows, isLine) {
    const source = event.source ?? 'server';
    const row = element('li', 'event ' + source + ' ' + event.fate);
    const details = element('details');
    details.dataset.id = event.requestId;
    details.open = openRows.has(event.requestId);
    const summary = element('summary');
    if (isLine) summary.append(nameOf(event));
    summary.append(element('span', 'source', source));
    if (!isLine || event.fate !== 'counted') summary.append(element('span', 'fate ' + event.fate, event.fate));
    summary.append(element('time', 'at', timeOf(event.at)));
    if (isLine) summary.append(...valueOf([event]));
    summary.append(chipsOf(event, known));
    details.append(summary, element('pre', '', JSON.stringify(event, null, 2)));
    row.append(details, notesOf(event));
    return row;
  }

  function outcomeOf(events) {
    const [first] = events;
    const sources = new Set(events.map(({ source }) => source));
    if (events.length === 1) return first.fate === 'counted' ? '' : outcomes[first.fate];
    if (first.fate === 'refused' || first.fate === 'test') return events.length + ' × ' + outcomes[first.fate];
    const last = events.some(({ fate }) => fate === 'merged') ? 'merged' : 'dropped';
    return sources.size > 1 && last === 'merged' ? 'browser and server, counted once' : events.length + ' sent, counted once';
  }

  function cardOf({ events }, openRows) {
    const [first] = events;
    const isLine = events.length === 1 && !isPurchase(first);
    const card = element('li', 'group' + (isLine ? ' quiet' : ''));
    if (!isLine) {
      const head = element('div', 'head');
      head.append(nameOf(first), ...valueOf(events));
      if (first.eventId !== null) head.append(element('span', 'id', first.eventId));
      head.append(element('span', 'outcome', outcomeOf(events)));
      card.append(head);
    }
    const rows = element('ol', 'events');
    const known = new Set();
    events.forEach((event, index) => {
      rows.append(rowOf(event, index === 0 ? null : new Set(known), openRows, isLine));
      identity.filter((field) => event.user[field] !== undefined).forEach((field) => known.add(field));
    });
    card.append(rows);
    return card;
  }

  function showCounts(counts) {
    document.getElementById('counts').replaceChildren(
      ...fates.map((fate) => {
        const pair = element('div', counts[fate] === 0 ? 'none' : '');
        pair.append(element('dt', '', fate), element('dd', counts[fate] === 0 ? '' : fate, String(counts[fate])));
        return pair;
      }),
    );
  }

  /** Only what changed is made anew, so that what is open stays open and what is selected stays selected. */
  function show({ items, counts }) {
    showCounts(counts);
    const onlyPurchases = document.querySelector('input[name=show]:checked').value === 'purchases';
    const groups = grouped(items).filter(({ events }) => !onlyPurchases || isPurchase(events[0]));
    const openRows = new Set([...list.querySelectorAll('details[open]')].map(({ dataset }) => dataset.id));
    const keys = new Set(groups.map(({ key }) => key));
    for (const [key, { card }] of shown) {
      if (keys.has(key)) continue;
      card.remove();
      shown.delete(key);
    }
    groups.forEach((group, index) => {
      const known = shown.get(group.key);
      let card = known?.card;
      if (known?.size !== group.events.length) {
        card = cardOf(group, openRows);
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

  let last = null;
  async function poll() {
    try {
      const response = await fetch('events?latest=300');
      if (!response.ok) throw new Error(String(response.status));
      last = await response.json();
      show(last);
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

  document.getElementById('clear').addEventListener('click', async () => {
    await fetch('reset', { method: 'POST' }).catch(() => undefined);
    await poll();
  });
  document.addEventListener('change', () => last && show(last));
  document.addEventListener('visibilitychange', () => document.hidden || void poll());
  void keepPolling();
})();
`;
