// The list of keyboard shortcuts, and the switch for them.
import { useState } from 'preact/hooks'
import { Dialog } from './dialog.tsx'
import type { Keys } from './keys.ts'

const table = [
  ['1 – 5', 'Go to a view'],
  ['j, ↓ and k, ↑', 'Next and previous call'],
  ['Enter', 'Show the decision'],
  ['Esc', 'Close the decision, leave the filter'],
  ['/', 'Filter'],
  ['p', 'Pause, go on'],
  ['g', 'Group equal calls'],
  ['t', 'Colours: as the system, light, dark'],
  ['?', 'This list'],
] as const

export const Shortcuts = ({
  keys,
  onClose,
}: {
  readonly keys: Keys
  readonly onClose: () => void
}) => {
  const [on, turn] = useState(() => keys.isOn())
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <table class="plain">
        <tbody>
          {table.map(([key, does]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label class="check">
        <input
          type="checkbox"
          checked={on}
          onChange={({ currentTarget }) => {
            keys.turn(currentTarget.checked)
            turn(currentTarget.checked)
          }}
        />
        Shortcuts of one key are on
      </label>
      <p class="actions">
        <button type="button" class="primary" onClick={onClose}>
          Close
        </button>
      </p>
    </Dialog>
  )
}
