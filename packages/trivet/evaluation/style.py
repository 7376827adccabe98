"""The look of a report's page: one style sheet, dark or light as the reader's system is."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --page: #ffffff; --text: #1f2937; --soft: #6b7280; --line: #e5e7eb; --card: #f9fafb;
  --good: #15803d; --bad: #b91c1c; --accent: #2563eb; }
@media (prefers-color-scheme: dark) { :root { --page: #0f1419; --text: #e5e7eb; --soft: #9ca3af; --line: #2d3540;
  --card: #171d25; --good: #4ade80; --bad: #f87171; --accent: #60a5fa; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 2rem 1.25rem 4rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { margin: 0; font-size: 1.7rem; } h2 { margin: 2.5rem 0 .75rem; font-size: 1.2rem; }
p { margin: .4rem 0; } .soft { color: var(--soft); } code { font-size: .85em; overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; margin-top: 1.25rem; }
.card { padding: .9rem 1rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--card); }
.card b { display: block; font-size: 1.6rem; font-variant-numeric: tabular-nums; line-height: 1.25; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; min-width: 50%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .4rem; }
th, td { padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 600; } td.number, th.number { text-align: right; }
.superior { color: var(--good); } .inferior { color: var(--bad); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1.5rem; }
figure { margin: 0; } figcaption { color: var(--soft); } svg { width: 100%; height: auto; max-width: 34rem; }
details { margin-top: .75rem; } summary { cursor: pointer; color: var(--accent); }
@media print { body { max-width: none; } details { display: block; } }
"""
