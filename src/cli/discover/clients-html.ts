// Which clients get in, as a table: the answer first, then why, what has to be allowed, and who says so.
import { markup, type Markup } from '../html/markup.ts'
import { table } from '../html/page.ts'
import { signs, type Tone } from '../html/tone.ts'
import type { ClientReport } from './client-report.ts'

const answers: Readonly<Record<ClientReport['gets_in'], readonly [Tone, string]>> = {
  yes: ['ok', 'gets in'],
  setup: ['warn', 'with a client ID'],
  no: ['bad', 'does not get in'],
  unknown: ['open', 'not known'],
}

type Need = ClientReport['needs'][number]

const needTone = ({ met, required }: Need): Tone =>
  met === 'yes' ? 'ok' : met === 'unknown' ? 'open' : required === 'yes' ? 'bad' : 'warn'

const requirement = { yes: '', no: ' (not needed)', unknown: ' (not known whether it is needed)' }

const sourceLink = ({ url, date }: ClientReport['sources'][number]): Markup =>
  markup`<a href="${url}" rel="noreferrer">${new URL(url).host}</a> (${date})`

const needItem = (need: Need): Markup =>
  markup`<li>${signs[needTone(need)]} ${need.need}${requirement[need.required]}${
    need.source === null ? '' : markup`: ${sourceLink(need.source)}`
  }</li>`

const rowOf = (client: ClientReport): Markup => {
  const [tone, word] = answers[client.gets_in]
  return markup`<tr><th scope="row">${client.name}</th><td><span class="badge ${tone}">${signs[tone]} ${word}</span></td>
<td>${client.because}<details><summary>What it needs</summary><ul>${client.needs.map(needItem)}</ul>
<p>Redirect URIs: ${client.redirect_uris.map((uri, index) => markup`${index === 0 ? '' : ', '}<code>${uri}</code>`)}</p>
<p>Sources: ${client.sources.map((source, index) => markup`${index === 0 ? '' : ', '}${sourceLink(source)}`)}</p></details></td></tr>
`
}

export const clientsMarkup = (
  clients: readonly ClientReport[],
): Markup => markup`<p>What each is known to need, compared with what was found here. Versions of a client differ: the sources say of which day they are.</p>
${table('Clients', ['Client', 'Gets in', 'Why'], clients.map(rowOf))}`
