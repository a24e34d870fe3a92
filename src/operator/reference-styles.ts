/** The style sheet of `/api/reference`, served as a file of its own: the page's policy allows no style inside it. */
export const referenceStyles = `
:root {
  color-scheme: light dark;
  --bg: #fff; --surface: #f6f7f9; --text: #1a1f29; --muted: #5a6475; --line: #dfe3ea; --accent: #3451d1; --good: #17734a;
}
@media (prefers-color-scheme: dark) {
  :root { --bg: #12151b; --surface: #1a1f28; --text: #e6e9ef; --muted: #9aa5b8; --line: #2c3441; --accent: #93a7ff; --good: #5fd39b; }
}
* { box-sizing: border-box; }
html { scroll-behavior: auto; }
body {
  margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr);
  font: 14px/1.5 system-ui, sans-serif; color: var(--text); background: var(--bg);
}
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--bg); padding: .5rem; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.25rem; border-right: 1px solid var(--line); background: var(--surface); }
nav .name { font-weight: 600; margin: 0 0 1rem; }
nav h2 { font-size: 12px; margin: 1rem 0 .25rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: .15rem 0; color: var(--muted); }
nav li a:hover { color: var(--text); }
main { padding: 1.5rem 2.5rem 6rem; max-width: 60rem; }
h1 { font-size: 22px; margin: 0 0 .5rem; }
main h2 { font-size: 18px; margin: 2.5rem 0 .5rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
article { margin: 1.5rem 0; padding: 1rem 1.25rem; border: 1px solid var(--line); border-radius: 8px; }
article:target { border-color: var(--accent); }
h3 { font-size: 15px; margin: 0 0 .25rem; }
h3 a { color: inherit; }
h4 { font-size: 12px; color: var(--muted); margin: 1rem 0 .25rem; }
.call { margin: 0 0 .5rem; overflow-wrap: anywhere; }
.method { font: 600 12px/1 ui-monospace, monospace; color: var(--accent); }
.method.delete, .method.patch, .method.post { color: var(--good); }
.who { color: var(--muted); margin-left: .75rem; font-size: 12px; }
code, pre { font: 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; }
pre { margin: .25rem 0 0; padding: .75rem; background: var(--surface); border-radius: 6px; overflow: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--muted); font-weight: 400; font-size: 12px; }
tbody th { font-weight: 400; white-space: nowrap; }
abbr { color: var(--accent); text-decoration: none; margin-left: .15rem; }
.answers { list-style: none; margin: 0; padding: 0; }
.answers li { padding: .15rem 0; }
.status { display: inline-block; min-width: 2.2rem; font: 600 12px ui-monospace, monospace; color: var(--muted); }
.status.good { color: var(--good); }
.media { color: var(--muted); }
summary { cursor: pointer; }
@media (max-width: 760px) {
  body { display: block; }
  nav { position: static; height: auto; max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line); }
  main { padding: 1rem; }
}
`;
