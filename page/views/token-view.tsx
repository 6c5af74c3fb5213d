// Judges a pasted token as the endpoint would. The token goes to the proxy alone, and is kept nowhere.
import { useState } from 'preact/hooks'
import { ApiError, getJson } from '../data/api.ts'
import type { CheckReport, TokenVerdict } from '../data/types.ts'
import { Checks } from '../live/checks.tsx'

type State =
  | { readonly kind: 'nothing' | 'asking' }
  | { readonly kind: 'judged'; readonly judged: TokenVerdict }
  | { readonly kind: 'trouble'; readonly problem: ApiError }

const verdictWords = { accepted: 'accepted', rejected: 'refused', undecided: 'undecided' } as const

const callerText = ({ caller }: TokenVerdict): readonly string[] =>
  caller === null
    ? []
    : [
        `subject ${caller.sub ?? 'unknown'}`,
        ...(caller.iss === null ? [] : [`issuer ${caller.iss}`]),
        ...(caller.client_id === null ? [] : [`client ${caller.client_id}`]),
        `scopes ${caller.scopes.join(' ') || 'none'}`,
        ...(caller.roles.length === 0 ? [] : [`roles ${caller.roles.join(' ')}`]),
        ...(caller.expires_at === null ? [] : [`until ${caller.expires_at}`]),
      ]

const Verdict = ({ judged }: { readonly judged: TokenVerdict }) => {
  const { verdict, problem } = judged
  return (
    <div class="card" role="status">
      <h2>
        <span class={`mark ${verdict}`}>{verdictWords[verdict]}</span>
      </h2>
      {problem !== null && (
        <div class="cause">
          <h3>{problem.title}</h3>
          <p>{problem.detail}</p>
          {problem.hint !== '' && (
            <p class="remedy">
              <b>Remedy</b> {problem.hint}
            </p>
          )}
        </div>
      )}
      {callerText(judged).map((line) => (
        <p key={line}>{line}</p>
      ))}
      <Checks checks={judged.checks as readonly CheckReport[]} said={problem?.detail} />
    </div>
  )
}

export const TokenView = () => {
  const [token, type] = useState('')
  const [state, become] = useState<State>({ kind: 'nothing' })
  const judge = async () => {
    become({ kind: 'asking' })
    try {
      const judged = await getJson<TokenVerdict>('validate', { method: 'POST', body: { token } })
      become({ kind: 'judged', judged })
    } catch (error) {
      if (error instanceof ApiError) become({ kind: 'trouble', problem: error })
    }
  }
  return (
    <>
      <form
        class="token"
        onSubmit={(event) => {
          event.preventDefault()
          if (token.trim() !== '') void judge()
        }}
      >
        <label for="token">A token, as a client would send it</label>
        <textarea
          id="token"
          rows={5}
          autocomplete="off"
          spellcheck={false}
          class="mono"
          value={token}
          onInput={({ currentTarget }) => type(currentTarget.value)}
        />
        <p class="dim">It is sent to this proxy, and is in no log and no decision.</p>
        <p>
          <button type="submit" class="primary" disabled={state.kind === 'asking'}>
            {state.kind === 'asking' ? 'Asking …' : 'Judge'}
          </button>{' '}
          <button
            type="button"
            onClick={() => {
              type('')
              become({ kind: 'nothing' })
            }}
          >
            Clear
          </button>
        </p>
      </form>
      {state.kind === 'judged' && <Verdict judged={state.judged} />}
      {state.kind === 'trouble' && (
        <p class="trouble" role="alert">
          {state.problem.message}
          {state.problem.hint === undefined ? '' : `. ${state.problem.hint}`}
        </p>
      )}
    </>
  )
}
