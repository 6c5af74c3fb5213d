// Keyboard shortcuts of one key. They can be switched off, and are off where somebody types (WCAG 2.1.4).

export type Actions = Readonly<Record<string, () => void>>

export interface Keys {
  /** Returns the function that takes them away. */
  use(actions: Actions): () => void
  /** Begins to listen. Returns the function that ends that. */
  listen(): () => void
  isOn(): boolean
  turn(on: boolean): void
}

const place = 'mcp-proxy shortcuts'

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))

export const createKeys = (): Keys => {
  const sets = new Set<Actions>()
  const isOn = () => localStorage.getItem(place) !== 'off'

  const onKey = (event: KeyboardEvent): void => {
    const { key, ctrlKey, metaKey, altKey, target, defaultPrevented } = event
    if (defaultPrevented || ctrlKey || metaKey || altKey) return
    const always = key === 'Escape'
    if (!always && (!isOn() || isTyping(target))) return
    if (document.querySelector('dialog[open]') !== null) return
    const action = [...sets].toReversed().find((actions) => Object.hasOwn(actions, key))?.[key]
    if (action === undefined) return
    event.preventDefault()
    action()
  }

  return {
    use: (actions) => {
      sets.add(actions)
      return () => {
        sets.delete(actions)
      }
    },
    listen: () => {
      addEventListener('keydown', onKey)
      return () => removeEventListener('keydown', onKey)
    },
    isOn,
    turn: (on) => localStorage.setItem(place, on ? 'on' : 'off'),
  }
}
