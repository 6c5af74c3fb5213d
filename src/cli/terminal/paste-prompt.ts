// A prompt for what is pasted, of one line or of many: a line end inside of a paste is a part of it (bracketed paste, as
// xterm describes it), and what could be a secret is not shown.
import {
  createPrompt,
  isBackspaceKey,
  isEnterKey,
  useKeypress,
  usePrefix,
  useRef,
  useState,
} from '@inquirer/core'

interface PasteConfig {
  readonly message: string
  readonly help: string
  /** What of the text may appear on the screen, in one line. */
  readonly shown: (text: string) => string
}

/** More is cut: no token, log line or exchange is as long. */
const longest = 1_048_576

export const pastePrompt = createPrompt<string, PasteConfig>((config, done) => {
  const prefix = usePrefix({})
  // What came so far; the state only follows where something is to be shown.
  const text = useRef('')
  const isPasting = useRef(false)
  const [visible, setVisible] = useState('')
  const [isDone, setDone] = useState(false)

  const add = (more: string): void => {
    text.current = `${text.current}${more}`.slice(0, longest)
  }
  useKeypress((event, readline) => {
    const { name } = event as { readonly name?: string }
    if (name === 'paste-start' || name === 'paste-end') {
      isPasting.current = name === 'paste-start'
    } else if (isEnterKey(event) || name === 'enter') {
      if (!isPasting.current) {
        setDone(true)
        done(text.current)
        return
      }
      add('\n')
    } else if (isBackspaceKey(event)) text.current = text.current.slice(0, -1)
    else add(readline.line)
    // Each key is taken over as it comes: the line editor has nothing to edit.
    readline.clearLine(0)
    if (!isPasting.current) setVisible(config.shown(text.current))
  })

  const head = `${prefix} ${config.message}`
  if (isDone) return `${head} ${config.shown(text.current)}`
  return visible === '' ? [head, config.help] : `${head} ${visible}`
})

/** For the terminal: marks a paste, or does no longer. */
export const pasteMarks = { on: '\u001b[?2004h', off: '\u001b[?2004l' } as const
