// The configuration in use: every setting with where it comes from. The proxy masks secrets before they get here.
import { useState } from 'preact/hooks'
import { useAnswer } from '../data/use-answer.ts'
import type { Configuration } from '../data/types.ts'
import { Answered } from '../parts/answered.tsx'

type Setting = Configuration['settings'][number]

const originText = ({ origin, line, variables }: Setting): string => {
  const place = line === null ? origin : `line ${String(line)}`
  return variables.length === 0 ? place : `${place}, ${variables.join(', ')}`
}

const Settings = ({ settings }: { readonly settings: readonly Setting[] }) => (
  <div class="wide" tabIndex={0} role="region" aria-label="Settings">
    <table>
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Value</th>
          <th scope="col">From</th>
        </tr>
      </thead>
      <tbody>
        {settings.map((setting) => (
          <tr key={setting.key} class={setting.origin === 'default' ? 'dim' : undefined}>
            <td class="mono">{setting.key}</td>
            <td class="mono">{JSON.stringify(setting.value)}</td>
            <td>{originText(setting)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

export const ConfigurationView = () => {
  const answer = useAnswer<Configuration>('config')
  const [text, type] = useState('')
  const [defaults, show] = useState(false)
  return (
    <Answered answer={answer}>
      {({ file, settings }) => {
        const found = settings.filter(
          ({ key, origin }) =>
            (defaults || origin !== 'default') && key.toLowerCase().includes(text.toLowerCase()),
        )
        return (
          <>
            <p>
              From <span class="mono">{file}</span>
            </p>
            <div class="bar">
              <input
                type="search"
                aria-label="Find a key"
                placeholder="Find a key"
                value={text}
                onInput={({ currentTarget }) => type(currentTarget.value)}
              />
              <button type="button" aria-pressed={defaults} onClick={() => show(!defaults)}>
                Show defaults
              </button>
              <button type="button" onClick={answer.again}>
                Ask again
              </button>
              <span class="dim count">
                {found.length} of {settings.length}
              </span>
            </div>
            <Settings settings={found} />
          </>
        )
      }}
    </Answered>
  )
}
