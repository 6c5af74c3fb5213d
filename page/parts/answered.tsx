// What was asked of the proxy, once it is there; else that it is under way, or why it did not come.
import type { ComponentChildren } from 'preact'
import type { Answer } from '../data/use-answer.ts'

interface Props<Value> {
  readonly answer: Answer<Value>
  readonly children: (value: Value) => ComponentChildren
}

export const Answered = <Value,>({ answer: { value, problem }, children }: Props<Value>) => (
  <>
    {problem !== undefined && (
      <p class="trouble" role="alert">
        {problem.message}
        {problem.hint === undefined ? '' : `. ${problem.hint}`}
      </p>
    )}
    {value === undefined ? problem === undefined && <p class="empty">Asking …</p> : children(value)}
  </>
)
