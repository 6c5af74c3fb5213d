// The checks of a decision: those that failed or warn first and open, those that passed behind a click.
import type { CheckReport } from '../data/types.ts'
import { valueLines } from '../parts/words.ts'
import { difference } from './difference.ts'

const Value = ({ label, lines }: { readonly label: string; readonly lines: readonly string[] }) => (
  <>
    <dt>{label}</dt>
    <dd class="mono">
      {lines.map((line) => (
        <span key={line} class="line-of">
          {line}
        </span>
      ))}
    </dd>
  </>
)

/** With the part marked in which the two differ, where they are alike. */
const Compared = ({ expected, actual }: { readonly expected: string; readonly actual: string }) => {
  const { before, wanted, found, after } = difference(expected, actual)
  return (
    <>
      <dt>expected</dt>
      <dd class="mono">
        {before}
        <mark>{wanted}</mark>
        {after}
      </dd>
      <dt>actual</dt>
      <dd class="mono">
        {before}
        <mark>{found}</mark>
        {after}
      </dd>
    </>
  )
}

const Evidence = ({ evidence }: { readonly evidence: CheckReport['evidence'] }) => {
  if (evidence === null) return null
  const { note } = evidence
  const expected = 'expected' in evidence ? valueLines(evidence.expected) : undefined
  const actual = 'actual' in evidence ? valueLines(evidence.actual) : undefined
  const [wanted] = expected ?? []
  const [found] = actual ?? []
  const isPair = expected?.length === 1 && actual?.length === 1
  return (
    <dl class="evidence">
      {isPair && wanted !== undefined && found !== undefined ? (
        <Compared expected={wanted} actual={found} />
      ) : (
        <>
          {expected !== undefined && <Value label="expected" lines={expected} />}
          {actual !== undefined && <Value label="actual" lines={actual} />}
        </>
      )}
      {note !== undefined && <Value label="note" lines={[note]} />}
    </dl>
  )
}

const words = { fail: 'failed', warn: 'warning', pass: 'passed', skip: 'not asked' } as const

interface Said {
  /** What stands above the checks already. */
  readonly said?: string | undefined
}

const CheckItem = ({ check, said }: Said & { readonly check: CheckReport }) => (
  <li class={check.status}>
    <p>
      <span class={`mark ${check.status}`}>{words[check.status]}</span>{' '}
      <span class="mono">{check.id}</span>
    </p>
    {check.message !== null && check.message !== said && <p>{check.message}</p>}
    <Evidence evidence={check.evidence} />
    {check.hint !== null && check.status === 'warn' && <p class="remedy">{check.hint}</p>}
    {check.spec !== null && check.status !== 'pass' && <p class="dim">{check.spec}</p>}
  </li>
)

const ofStatus = (checks: readonly CheckReport[], ...statuses: readonly CheckReport['status'][]) =>
  checks.filter(({ status }) => statuses.includes(status))

export const Checks = ({ checks, said }: Said & { readonly checks: readonly CheckReport[] }) => {
  if (checks.length === 0) return null
  const found = [...ofStatus(checks, 'fail'), ...ofStatus(checks, 'warn')]
  const passed = ofStatus(checks, 'pass')
  const skipped = ofStatus(checks, 'skip')
  return (
    <div class="checks">
      <h3>Checks</h3>
      <ul>
        {found.map((check, index) => (
          <CheckItem key={index} check={check} said={said} />
        ))}
      </ul>
      {[['passed', passed] as const, ['not asked', skipped] as const].map(
        ([word, some]) =>
          some.length > 0 && (
            <details key={word}>
              <summary>
                {some.length} {word}
              </summary>
              <ul>
                {some.map((check, index) => (
                  <CheckItem key={index} check={check} />
                ))}
              </ul>
            </details>
          ),
      )}
    </div>
  )
}
