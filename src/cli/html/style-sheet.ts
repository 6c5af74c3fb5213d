// How a report looks: light and dark, narrow and wide, on paper. Without any file beside it.

export const styleSheet = `
:root { color-scheme: light dark; --back: #fff; --text: #1c2024; --soft: #5b6470; --line: #d5dae0; --panel: #f5f7f9;
  --ok: #0b6b34; --ok-back: #e3f5ea; --warn: #7a4b00; --warn-back: #fff2d6; --bad: #a5121f; --bad-back: #fde8e8;
  --open: #4b5563; --open-back: #eceff3; --link: #0b57a4; --mark: #ffd54a; --mark-text: #1c2024 }
@media (prefers-color-scheme: dark) { :root { --back: #14171a; --text: #e6e9ec; --soft: #a5aeb8; --line: #373d44;
  --panel: #1d2125; --ok: #7fdca4; --ok-back: #12301f; --warn: #ffcf7d; --warn-back: #38290a; --bad: #ffa3a3;
  --bad-back: #401618; --open: #b6bec8; --open-back: #262b31; --link: #8cc2ff } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem 1rem; max-width: 68rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
code, pre { font: .875em/1.45 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace }
a { color: var(--link) }
h1 { font-size: 1.35rem; margin: 0 }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem }
.title { font-weight: 600; margin: .5rem 0 .25rem }
p { margin: .25rem 0 }
header { display: flex; gap: 1.25rem; align-items: center }
.made, figcaption, footer, .time { color: var(--soft); font-size: .875rem }
.mark { flex: none; margin: 0; border: 2px solid; border-radius: .75rem; font-weight: 700; text-align: center }
.mark.letter { width: 5.5rem; font-size: 3.5rem; line-height: 5.25rem }
.mark.word { padding: 1.25rem 1rem; font-size: 1.15rem }
.ok { color: var(--ok); background: var(--ok-back) }
.warn { color: var(--warn); background: var(--warn-back) }
.bad { color: var(--bad); background: var(--bad-back) }
.open, .none { color: var(--open); background: var(--open-back) }
.cause, .finding { border-left: 4px solid var(--line); background: var(--panel); padding: .75rem 1rem; margin: .75rem 0;
  border-radius: 0 .5rem .5rem 0 }
.cause { margin-top: 1.5rem; border-color: var(--bad) }
.cause h2, .finding .title { margin: 0 0 .5rem }
.finding.fatal, .finding.high { border-color: var(--bad) }
.finding.medium, .finding.low { border-color: var(--warn) }
.severity { text-transform: capitalize }
dl { margin: 0 }
dl div { display: grid; grid-template-columns: 5.5rem 1fr; gap: .5rem }
dt { color: var(--soft) }
dd { margin: 0 }
mark { background: var(--mark); color: var(--mark-text) }
figure { margin: 0 }
svg.path { display: block; max-width: 100%; height: auto; margin: .5rem 0 }
svg.tall { display: none }
svg a { cursor: pointer }
svg a:focus-visible rect { stroke-width: 4 }
.box { fill: var(--open-back); stroke: var(--open); stroke-width: 2 }
.box.ok { fill: var(--ok-back); stroke: var(--ok) }
.box.warn { fill: var(--warn-back); stroke: var(--warn) }
.box.bad { fill: var(--bad-back); stroke: var(--bad) }
.box.open { stroke-dasharray: 5 4 }
.arrow { fill: none; stroke: var(--soft); stroke-width: 2 }
svg text { font: 13px system-ui, sans-serif; fill: var(--text); background: none }
svg .name { font-weight: 700; font-size: 14px }
svg .place { font-size: 11px; fill: var(--soft) }
svg .state.ok { fill: var(--ok) }
svg .state.warn { fill: var(--warn) }
svg .state.bad { fill: var(--bad) }
svg .state.open, svg .state.none { fill: var(--open) }
details { margin: .35rem 0 }
details details { margin-left: 1rem }
summary { cursor: pointer; padding: .25rem 0 }
.hop > summary { font-weight: 600 }
.badge { display: inline-block; border-radius: .5rem; padding: 0 .5rem; font-size: .875rem; font-weight: 600;
  white-space: nowrap }
pre { margin: .25rem 0; padding: .75rem; background: var(--panel); border: 1px solid var(--line); border-radius: .5rem;
  white-space: pre-wrap }
.command { user-select: all }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .925rem }
th, td { overflow-wrap: break-word; text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line) }
thead th { color: var(--soft); font-weight: 600 }
.readiness thead th, .center { white-space: nowrap; text-align: center }
#readiness td:first-child { white-space: nowrap }
th .made { font-weight: 400 }
td ul { margin: 0; padding-left: 1.1rem }
.wrong { font-weight: 700; color: var(--bad) }
footer { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: .75rem }
@media (max-width: 46rem) {
  header { align-items: flex-start; flex-direction: column }
  svg.wide { display: none }
  svg.tall { display: block; margin-inline: auto }
  #readiness table { min-width: 42rem }
  dl div { grid-template-columns: 1fr; gap: 0; margin-bottom: .35rem }
}
@media print {
  :root { --back: #fff; --text: #000; --soft: #444; --line: #bbb; --panel: #f6f6f6; --ok: #0b6b34; --ok-back: #e3f5ea;
    --warn: #7a4b00; --warn-back: #fff2d6; --bad: #a5121f; --bad-back: #fde8e8; --open: #4b5563; --open-back: #eceff3 }
  body { max-width: none; padding: 0; font-size: 10pt; print-color-adjust: exact }
  .finding, .cause, tr, figure { break-inside: avoid }
  h2, h3 { break-after: avoid }
  .scroll { overflow: visible }
  details::details-content { content-visibility: visible; height: auto }
  .exchange::details-content { content-visibility: hidden; height: 0 }
}
`
